/** Up to where a live stream has looked, by partition. */
export type LivePosition = {
  /** The next offset whose acceptance is to be told. */
  accepted: Map<number, bigint>
  /** The next offset whose outcome is to be told, and the life of the topic it belongs to; absent: from its beginning. */
  settled: Map<number, { sourceId: number; next: bigint }>
}

const SHAPE = /^(?:\d{1,9}-\d{1,18}(?:\.(?!~|$)|(?=~)))*~(?:\d{1,9}-\d{1,9}-\d{1,18}(?:\.(?!$)|$))*$/

/** A position as a `Last-Event-ID`: `0-17.1-4~0-3-15`, partition and offset, then partition, source and offset. */
export function encodeLivePosition({ accepted, settled }: LivePosition): string {
  const ends = [...accepted].map(([partition, offset]) => `${partition}-${offset}`)
  const nexts = [...settled].map(([partition, { sourceId, next }]) => `${partition}-${sourceId}-${next}`)
  return `${ends.join('.')}~${nexts.join('.')}`
}

/** The way back; null for what `encodeLivePosition` never makes. */
export function decodeLivePosition(text: string): LivePosition | null {
  if (text.length > 2_000 || !SHAPE.test(text)) return null
  const [ends = '', nexts = ''] = text.split('~')
  const rows = (part: string) => (part === '' ? [] : part.split('.').map((row) => row.split('-')))
  return {
    accepted: new Map(rows(ends).map(([partition = '', offset = '']) => [Number(partition), BigInt(offset)])),
    settled: new Map(
      rows(nexts).map(([partition = '', sourceId = '', next = '']) => [
        Number(partition),
        { sourceId: Number(sourceId), next: BigInt(next) },
      ]),
    ),
  }
}
