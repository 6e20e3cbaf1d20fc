/** Control, format, private and lone surrogate characters, separators of lines, and fillers; a line's own white space is seen. */
const UNSEEN = /(?![\n\t])[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]/gu

export type TextPart = { text: string; isUnseen: boolean }

/** Splits text into what can be seen and what cannot; of the latter each is named as `U+202E`. */
export function splitUnseen(text: string): TextPart[] {
  const parts: TextPart[] = []
  let last = 0
  for (const match of text.matchAll(UNSEEN)) {
    if (match.index > last) parts.push({ text: text.slice(last, match.index), isUnseen: false })
    const code = (match[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
    parts.push({ text: `U+${code}`, isUnseen: true })
    last = match.index + match[0].length
  }
  if (last < text.length || parts.length === 0) parts.push({ text: text.slice(last), isUnseen: false })
  return parts
}
