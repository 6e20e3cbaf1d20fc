import { pickIndex, type Random } from '../seeded-random.ts'

/** A request that ingest must refuse at the door, and how. */
export type Refusable = {
  status: number
  /** The body as sent; null: the good one. */
  body: Buffer | null
  headers: Readonly<Record<string, string>>
}

/** Beyond the 256 KiB that ingest takes by default (http.md 2); only the first bytes of it ever travel. */
const TOO_LARGE_BYTES = 262_145

const of = (status: number, body: string | Buffer | null, headers: Record<string, string> = {}): Refusable => ({
  status,
  body: typeof body === 'string' ? Buffer.from(body) : body,
  headers,
})

/** What depends on nothing but the bytes and headers: each row of docs/http-api.md that a single request can bring about. */
const KINDS: readonly ((good: Buffer) => Refusable)[] = [
  (good) => of(400, good.subarray(0, -1)),
  (good) => of(400, `[${good}]`),
  (good) => of(400, `{"event_id":"first",${good.subarray(1)}`),
  (good) => of(400, `{"deep":${'['.repeat(40)}${']'.repeat(40)},${good.subarray(1)}`),
  (good) => of(400, `{"nul":"\\u0000",${good.subarray(1)}`),
  (good) => of(400, Buffer.concat([good.subarray(0, -1), Buffer.from([0x2c, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])])),
  () => of(400, null, { 'idempotency-key': 'not visible' }),
  () => of(415, null, { 'content-type': 'text/plain' }),
  () => of(415, null, { 'content-encoding': 'br' }),
  () => of(401, null, { 'x-api-key': 'nobody-has-this-key' }),
]
const tooLarge = (good: Buffer): Refusable => of(413, `{"filler":"${'x'.repeat(TOO_LARGE_BYTES)}",${good.subarray(1)}`)

/** One in fifty, for it costs a connection each. */
const TOO_LARGE_SHARE = 0.02

/** @param withWrongKeys false where so many would come that ingest takes their address for one that guesses keys */
export function drawRefusable(random: Random, good: Buffer, withWrongKeys: boolean): Refusable {
  if (random() < TOO_LARGE_SHARE) return tooLarge(good)
  const kind = KINDS[pickIndex(random, withWrongKeys ? KINDS.length : KINDS.length - 1)]
  return kind === undefined ? tooLarge(good) : kind(good)
}

/** Wrong keys among the events refused at the door. */
export const WRONG_KEY_SHARE = (1 - TOO_LARGE_SHARE) / KINDS.length
