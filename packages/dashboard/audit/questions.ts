import type { AuditAction } from '@sluice/contract/audit-actions'
import { question } from '../admin-api/queries.ts'

const PAGE_SIZE = 50

/** Changes, newest first: the same on the server and in the browser. */
export const auditQuestion = ({
  action,
  target,
  cursor,
}: {
  action: AuditAction | null
  target: string | null
  cursor: string | null
}) =>
  question('audit', {
    action: action ?? undefined,
    target: target ?? undefined,
    cursor: cursor ?? undefined,
    limit: PAGE_SIZE,
  })
