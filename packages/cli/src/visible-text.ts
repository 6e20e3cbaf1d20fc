// Controls, the marks that turn text around or hide (bidi, zero width), separators of lines, and what is no character.
const HIDDEN =
  /[\p{Cc}\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e0fff}]|\p{Cs}/gu

/**
 * Text of a producer as it may be written onto a terminal: what a terminal would obey, turn around or not show becomes its
 * code point in braces. Events hold whatever somebody sent.
 */
export const visibleText = (text: string): string =>
  text.replace(HIDDEN, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`)
