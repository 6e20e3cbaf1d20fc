import { type Static, Type } from 'typebox'
import {
  Cursor,
  Limit,
  Operation,
  orNull,
  page,
  Tenant,
  TenantId,
  Text,
  TextOrNull,
  Time,
  TimeOrNull,
} from './schema-parts.ts'

const KeyId = Type.String({ pattern: '^[0-9a-f]{12}$', description: 'What stands between `sk_` and the secret' })

export const KeysQuery = Type.Object({
  tenant: Tenant,
  cursor: Type.Optional(Type.String({ ...Cursor, pattern: '^[0-9]{1,18}$' })),
  limit: Limit(50),
})
/** A key that was made here: everything but the key itself, of which only a SHA-256 is kept. */
export const KeyBody = Type.Object({
  id: Type.String(),
  tenant_id: Type.String(),
  label: TextOrNull,
  created_at: Time,
  created_by: Type.String({ description: 'As the caller named itself, else `admin`; not proved' }),
  revoked_at: TimeOrNull,
  revoked_by: TextOrNull,
})
export type KeyBody = Static<typeof KeyBody>
export const KeysBody = page(KeyBody)
export type KeysBody = Static<typeof KeysBody>

export const CreateKeyRequest = Type.Object({
  ...Operation,
  tenant_id: TenantId,
  label: Type.Optional(Type.String({ ...Text(100), description: 'What it is for; shown in lists' })),
})
export const CreatedKeyBody = Type.Object({
  operation_id: Type.String(),
  key: orNull(
    Type.String({
      description: 'Shown in this answer only. Null: the operation was done before, and its answer had it',
    }),
  ),
  api_key: KeyBody,
})
export type CreatedKeyBody = Static<typeof CreatedKeyBody>

export const KeyParams = Type.Object({ id: KeyId })
export const RevokeKeyRequest = Type.Object({ ...Operation, note: Type.Optional(Text(1_000)) })
export const KeyChangeBody = Type.Object({ operation_id: Type.String(), api_key: KeyBody })
export type KeyChangeBody = Static<typeof KeyChangeBody>
