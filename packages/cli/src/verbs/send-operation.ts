import { randomUUID } from 'node:crypto'
import type { AdminAnswer, AdminClient } from '../admin-client.ts'
import { CommandError, EXIT_CODE } from '../exit-code.ts'
import type { OperationFlags } from './request.ts'

/** What every change carries. With --operation-id the one given, so that what got no answer can be sent again. */
export function operationOf({ by, operationId }: OperationFlags) {
  return { operation_id: operationId ?? randomUUID(), ...(by === null ? {} : { by }) }
}

/**
 * Asks for a change; when nobody answers the line to send again is told.
 * @param body JSON text of what `operation` is a part of
 * @throws {CommandError} as the client's `post`
 */
export async function sendOperation(
  admin: AdminClient,
  path: string,
  operation: { operation_id: string },
  body: string = JSON.stringify(operation),
): Promise<AdminAnswer> {
  try {
    return await admin.post(path, body)
  } catch (error) {
    if (!(error instanceof CommandError) || error.exitCode !== EXIT_CODE.cannotConnect) throw error
    throw new CommandError(
      `${error.message}\nit may have been done: the same line with --operation-id ${operation.operation_id} does it once`,
      error.exitCode,
      { cause: error },
    )
  }
}
