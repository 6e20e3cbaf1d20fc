import 'server-only'

export type AdminApiSettings = {
  /** Origin of the Admin API, without `/admin`. */
  adminUrl: string
  /** Null: nobody has to sign in, and only this machine is answered. */
  adminToken: string | null
  version: string
}

/** Read at each request, so that one build serves everywhere. The entry point has checked these values. */
export function readSettings(): AdminApiSettings {
  return {
    adminUrl: process.env.ADMIN_URL ?? 'http://127.0.0.1:8081',
    adminToken: process.env.ADMIN_TOKEN || null,
    version: process.env.SLUICE_VERSION ?? 'unknown',
  }
}
