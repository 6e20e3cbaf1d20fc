const BYTES_A_LINE = 16

/** Bytes as people read them: offset, hex, and what is printable ASCII. */
export function hexLines(bytes: Uint8Array): { offset: string; hex: string; text: string }[] {
  return Array.from({ length: Math.ceil(bytes.length / BYTES_A_LINE) }, (_, line) => {
    const slice = [...bytes.subarray(line * BYTES_A_LINE, (line + 1) * BYTES_A_LINE)]
    return {
      offset: (line * BYTES_A_LINE).toString(16).padStart(6, '0'),
      hex: slice.map((byte) => byte.toString(16).padStart(2, '0')).join(' '),
      text: slice.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join(''),
    }
  })
}

/** The bytes of an original as the Admin API answers it. */
export function originalBytes(original: string, encoding: 'utf8' | 'base64'): Uint8Array<ArrayBuffer> {
  if (encoding === 'utf8') return new TextEncoder().encode(original)
  return Uint8Array.from(atob(original), (character) => character.charCodeAt(0))
}
