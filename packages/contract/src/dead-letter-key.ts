import { createHash } from 'node:crypto'

/** What tells one dead letter from another: the event where it can be read, else the record itself. */
export type DeadLetterIdentity =
  | { tenantId: string; idempotencyKey: string; fingerprint: string }
  | { topic: string; partition: number; offset: bigint; value: Uint8Array }

/** The key of a dead letter, 64 hex digits: the same for every copy of one event, so that readers see one. */
export function deadLetterKey(identity: DeadLetterIdentity): string {
  const hash = createHash('sha256')
  // The parts of neither form can hold a newline, so different identities have different texts.
  if ('fingerprint' in identity)
    hash.update(`${identity.tenantId}\n${identity.idempotencyKey}\n${identity.fingerprint}`)
  else hash.update(`${identity.topic}\n${identity.partition}\n${identity.offset}\n`).update(identity.value)
  return hash.digest('hex')
}
