import { AUDIT_ACTIONS } from '@sluice/contract/audit-actions'
import { cursorText, shortText } from '../list-parameters.ts'
import { loader, oneOf } from '../query-parameters.ts'
import { viewParams } from '../search-params.ts'

export const auditParams = { ...viewParams, action: oneOf(AUDIT_ACTIONS), target: shortText, cursor: cursorText }

export const loadAudit = loader(auditParams)
