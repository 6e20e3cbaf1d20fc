import type { IncomingMessage } from 'node:http'

export type BodyEnd = {
  /** Every byte came. */
  onWhole(body: Buffer): void
  /** More than `maxBytes` came; the rest is not read. */
  onTooLarge(): void
}

/** Reads a body of at most `maxBytes`. Neither end is told of a sender that goes away in the middle. */
export function readBody(request: IncomingMessage, maxBytes: number, { onWhole, onTooLarge }: BodyEnd): void {
  const chunks: Buffer[] = []
  let bytes = 0
  const onData = (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes <= maxBytes) chunks.push(chunk)
    else {
      request.off('data', onData)
      onTooLarge()
    }
  }
  request.on('data', onData)
  request.once('end', () => {
    if (bytes > maxBytes) return
    const [first] = chunks
    onWhole(chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks))
  })
}
