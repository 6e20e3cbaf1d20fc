/** What people change, as the audit calls it. Without a schema: the console's pages carry it, too. */
export const AUDIT_ACTIONS = [
  'redrive',
  'redrive_many',
  'cancel_redrive',
  'dismiss',
  'test_event',
  'create_key',
  'revoke_key',
] as const
export type AuditAction = (typeof AUDIT_ACTIONS)[number]
