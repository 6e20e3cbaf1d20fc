/** Where a piece stands in a blob: `start` counts from 1, as SQL's substr does; lengths are in bytes. */
export type Piece = { start: number; length: number }

/**
 * All texts and bytes of a batch in one Buffer: one parameter instead of an array of texts, which costs PostgreSQL and us a
 * fifth of a batch's time (docs/performance.md).
 */
export class ByteBlob {
  readonly #bytes: Buffer
  #used = 0

  /** @param capacity an upper bound of what will be added, in bytes */
  constructor(capacity: number) {
    this.#bytes = Buffer.allocUnsafe(capacity)
  }

  /** Where the next piece will start. */
  get nextStart(): number {
    return this.#used + 1
  }

  addBytes(bytes: Uint8Array): Piece {
    const start = this.nextStart
    this.#bytes.set(bytes, this.#used)
    this.#used += bytes.byteLength
    return { start, length: bytes.byteLength }
  }

  /** Adds `part`, which as a rule is a view into `whole`, already added: then nothing is copied. */
  addPartOf(part: Uint8Array, whole: Uint8Array, added: Piece): Piece {
    const from = part.byteOffset - whole.byteOffset
    const isView = part.buffer === whole.buffer && from >= 0 && from + part.byteLength <= whole.byteLength
    return isView ? { start: added.start + from, length: part.byteLength } : this.addBytes(part)
  }

  /** Adds a text as UTF-8, or 64 hex digits as 32 bytes; returns its length in bytes. */
  addText(text: string, encoding: 'utf8' | 'hex' = 'utf8'): number {
    const length = this.#bytes.write(text, this.#used, encoding)
    this.#used += length
    return length
  }

  toBuffer(): Buffer {
    return this.#bytes.subarray(0, this.#used)
  }
}

/** The most bytes that a text can take as UTF-8. */
export const maxUtf8Bytes = (text: string) => text.length * 3
