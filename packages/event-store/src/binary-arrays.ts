// Arrays as PostgreSQL's binary format has them (array_send and the send functions of the element types): it reads them in half the
// time of a text, and a text or a JSON document travels without quoting. `pg` sends a Buffer as a binary parameter.

const OID = { bytea: 17, int8: 20, int4: 23, text: 25, timestamptz: 1184, uuid: 2950, jsonb: 3802 } as const

const HEADER_BYTES = 20
const NULL_LENGTH = -1
/** 2000-01-01, from which PostgreSQL counts. */
const EPOCH_MS = 946_684_800_000

/** An array under way. Its capacity must suffice: a Buffer's own checks catch what would be written beyond it. */
class BinaryArray {
  readonly bytes: Buffer
  at = HEADER_BYTES

  constructor(elementOid: number, length: number, capacity: number) {
    this.bytes = Buffer.allocUnsafe(HEADER_BYTES + capacity)
    this.bytes.writeInt32BE(1, 0) // dimensions
    this.bytes.writeInt32BE(1, 4) // there may be nulls
    this.bytes.writeInt32BE(elementOid, 8)
    this.bytes.writeInt32BE(length, 12)
    this.bytes.writeInt32BE(1, 16) // the index of the first element
  }

  int32(value: number): void {
    this.at = this.bytes.writeInt32BE(value, this.at)
  }

  toBuffer(): Buffer {
    return this.bytes.subarray(0, this.at)
  }
}

export function int4Array(values: readonly (number | null)[]): Buffer {
  const array = new BinaryArray(OID.int4, values.length, values.length * 8)
  for (const value of values) {
    if (value === null) array.int32(NULL_LENGTH)
    else {
      array.int32(4)
      array.int32(value)
    }
  }
  return array.toBuffer()
}

/** @param values safe integers, or bigints of the column's range */
export function int8Array(values: readonly (number | bigint | null)[]): Buffer {
  const array = new BinaryArray(OID.int8, values.length, values.length * 12)
  for (const value of values) putInt8(array, value)
  return array.toBuffer()
}

function putInt8(array: BinaryArray, value: number | bigint | null): void {
  array.int32(value === null ? NULL_LENGTH : 8)
  if (typeof value === 'bigint') array.at = array.bytes.writeBigInt64BE(value, array.at)
  else if (value !== null) {
    const high = Math.floor(value / 0x1_0000_0000)
    array.int32(high)
    array.at = array.bytes.writeUInt32BE(value - high * 0x1_0000_0000, array.at)
  }
}

/** @param values RFC 3339 in UTC, of the years 0001 to 9999, with at most six digits of a second */
export function timestamptzArray(values: readonly (string | null)[]): Buffer {
  const array = new BinaryArray(OID.timestamptz, values.length, values.length * 12)
  for (const value of values) putInt8(array, value === null ? null : microsOf(value))
  return array.toBuffer()
}

/** `YYYY-MM-DDTHH:MM:SS` has 19 characters; what follows the point is a fraction of a second. */
const SECONDS_END = 19

function microsOf(time: string): number | bigint {
  const ms = Date.parse(`${time.slice(0, SECONDS_END)}Z`) - EPOCH_MS
  const fraction = time.length > SECONDS_END + 1 ? Number(time.slice(SECONDS_END + 1, -1).padEnd(6, '0')) : 0
  const micros = ms * 1_000 + fraction
  return Number.isSafeInteger(micros) ? micros : BigInt(ms) * 1_000n + BigInt(fraction)
}

/** @param values lower-case text form */
export function uuidArray(values: readonly (string | null)[]): Buffer {
  const array = new BinaryArray(OID.uuid, values.length, values.length * 20)
  for (const value of values) {
    if (value === null) array.int32(NULL_LENGTH)
    else {
      array.int32(16)
      array.at += array.bytes.write(value.replaceAll('-', ''), array.at, 'hex')
    }
  }
  return array.toBuffer()
}

/** @param values hex digits, an even number each */
export function byteaArrayOfHex(values: readonly (string | null)[]): Buffer {
  const capacity = values.reduce((sum, value) => sum + 4 + (value === null ? 0 : value.length / 2), 0)
  const array = new BinaryArray(OID.bytea, values.length, capacity)
  for (const value of values) {
    if (value === null) array.int32(NULL_LENGTH)
    else {
      array.int32(value.length / 2)
      array.at += array.bytes.write(value, array.at, 'hex')
    }
  }
  return array.toBuffer()
}

export function textArray(values: readonly string[]): Buffer {
  const capacity = values.reduce((sum, value) => sum + 4 + maxUtf8Bytes(value), 0)
  const array = new BinaryArray(OID.text, values.length, capacity)
  for (const value of values) {
    const written = array.bytes.write(value, array.at + 4, 'utf8')
    array.int32(written)
    array.at += written
  }
  return array.toBuffer()
}

/** The most bytes that a text can take as UTF-8. */
const maxUtf8Bytes = (text: string) => text.length * 3

/** The version of jsonb's binary format, whose rest is the document's text. */
const JSONB_VERSION = 1

/** @param values JSON texts in UTF-8 */
export function jsonbArray(values: readonly (Uint8Array | null)[]): Buffer {
  const capacity = values.reduce((sum, value) => sum + 5 + (value?.byteLength ?? 0), 0)
  const array = new BinaryArray(OID.jsonb, values.length, capacity)
  for (const value of values) {
    if (value === null) array.int32(NULL_LENGTH)
    else {
      array.int32(value.byteLength + 1)
      array.bytes[array.at] = JSONB_VERSION
      array.bytes.set(value, array.at + 1)
      array.at += value.byteLength + 1
    }
  }
  return array.toBuffer()
}
