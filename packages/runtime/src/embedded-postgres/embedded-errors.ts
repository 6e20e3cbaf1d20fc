import { SluiceError } from '../errors.ts'

/** PostgreSQL could not be brought up or has no files for this machine; the message says why and what to do. */
export class EmbeddedPostgresError extends SluiceError {
  override readonly name = 'EmbeddedPostgresError'
  readonly code = 'EMBEDDED_POSTGRES_FAILED'
  readonly retryable = false
}

/** Another living process runs the database in this folder. */
export class DataFolderInUseError extends SluiceError {
  override readonly name = 'DataFolderInUseError'
  readonly code = 'DATA_FOLDER_IN_USE'
  readonly retryable = true
  readonly ownerPid: number

  constructor(folder: string, ownerPid: number) {
    super(`${folder} is in use by process ${ownerPid}: stop that one first, or choose another data folder`)
    this.ownerPid = ownerPid
  }
}

/** The data folder is not one that this PostgreSQL can open; nothing in it was changed. */
export class DataFolderBrokenError extends SluiceError {
  override readonly name = 'DataFolderBrokenError'
  readonly code = 'DATA_FOLDER_BROKEN'
  readonly retryable = false
}
