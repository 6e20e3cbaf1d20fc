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
  | SendRequest
  | TraceRequest
  | ({ type: 'lag' } & AdminFlags)
  | ListRequest
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

/** `events ls` and `dlq ls`: `query` is the query of the Admin API. */
export type ListRequest = { type: 'events_ls' | 'dlq_ls'; query: Readonly<Record<string, string>> } & AdminFlags

/** Told what a line asks for, once it was understood. */
export type Ask = (request: Request) => void
