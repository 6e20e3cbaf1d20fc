/** Control characters but the line's own, zero-width and bidirectional ones, tags, private use, lone surrogates. */
const UNSEEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffc]|[\ue000-\uf8ff]|\ud800(?![\udc00-\udfff])|[\ud801-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]|\udb40[\udc00-\udfff]/g

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
