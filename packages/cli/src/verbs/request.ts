/** How the Admin API is reached when the line says so. */
export type AdminFlags = { adminUrl: string | null; json: boolean }

/** What a command line asks for. */
export type Request =
  | { type: 'dev'; dataDir: string | null; withDashboard: boolean; reset: boolean }
  | { type: 'dev_status'; dataDir: string | null; json: boolean }
  | { type: 'dev_change'; dataDir: string | null; action: 'stop' | 'start'; name: string }
  | { type: 'migrate' }
  | { type: 'loadgen'; args: readonly string[] }
  | { type: 'config'; json: boolean }
  | { type: 'doctor'; json: boolean }
  | KeysRequest
  | SendRequest
  | TraceRequest
  | ({ type: 'lag' } & AdminFlags)
  | ({ type: 'balance'; minutes: string; tenant: string | null } & AdminFlags)
  | ({ type: 'tenants_ls' } & AdminFlags)
  | TailRequest
  | ListRequest
  | ChangeRequest
  | ({ type: 'dlq_show'; id: string } & AdminFlags)
  | { type: 'completion'; shell: 'bash' | 'zsh' | 'fish' }
  /** Nothing to run: help was asked for, or the line is wrong. */
  | { type: 'text'; stdout: string; stderr: string; exitCode: number }

export type SendRequest = {
  type: 'send'
  /** Null: standard input. */
  file: string | null
  url: string | null
  tenant: string | null
  key: string | null
  strict: boolean
  json: boolean
}

export type TraceRequest = { type: 'trace'; name: string; tenant: string | null } & AdminFlags

/** `tail`: `query` is the query of the Admin API. */
export type TailRequest = { type: 'tail'; query: Readonly<Record<string, string>> } & AdminFlags

/** The lists: `query` is the query of the Admin API. */
export type ListRequest = {
  type: 'events_ls' | 'dlq_ls' | 'redrives_ls'
  query: Readonly<Record<string, string>>
} & AdminFlags

/** Which dead letters: some by their ids, or those that a filter chooses, in the words of the Admin API's body. */
export type Selection = { ids: readonly string[] } | { filter: Readonly<Record<string, string>> }

/** What every change carries: who asks, and the id under which it is done once however often it is sent. */
export type OperationFlags = { by: string | null; operationId: string | null } & AdminFlags

export type KeysRequest =
  /** A key for API_KEYS, made here; asks nobody. */
  | { type: 'keys_new'; tenant: string; json: boolean }
  | ({ type: 'keys_create'; tenant: string; label: string | null } & OperationFlags)
  /** `offline`: those of API_KEYS alone. */
  | ({ type: 'keys_ls'; query: Readonly<Record<string, string>>; offline: boolean } & AdminFlags)
  | ({ type: 'keys_revoke'; id: string; note: string | null } & OperationFlags)

export type ChangeRequest =
  /** `edit`: a file with a JSON Patch, - for standard input. */
  | ({ type: 'dlq_check'; selection: Selection; edit: string | null } & AdminFlags)
  | ({
      type: 'dlq_redrive'
      selection: Selection
      edit: string | null
      rate: string
      note: string | null
      yes: boolean
      wait: boolean
    } & OperationFlags)
  | ({ type: 'dlq_dismiss'; ids: readonly string[]; note: string; yes: boolean } & OperationFlags)
  | ({ type: 'redrives_show'; id: string; wait: boolean } & AdminFlags)
  | ({ type: 'redrives_cancel'; id: string } & OperationFlags)

/** Told what a line asks for, once it was understood. */
export type Ask = (request: Request) => void
