import { cursorText, shortText } from '../list-parameters.ts'
import { loader, oneOf } from '../query-parameters.ts'
import { viewParams } from '../search-params.ts'

const AUDIT_ACTIONS = [
  'redrive',
  'redrive_many',
  'cancel_redrive',
  'dismiss',
  'test_event',
  'create_key',
  'revoke_key',
] as const

export const auditParams = { ...viewParams, action: oneOf(AUDIT_ACTIONS), target: shortText, cursor: cursorText }

export const loadAudit = loader(auditParams)
