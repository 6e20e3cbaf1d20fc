/** Members that hold JSON of a producer: they stay text. */
export const TEXT_MEMBERS = ['payload', 'extra'] as const

/** Whether an answer may hold JSON of a producer; most do not. */
export const holdsProducersJson = (text: string): boolean => TEXT_MEMBERS.some((name) => text.includes(`"${name}"`))

/** Reads an answer without JSON of producers; null when it is not JSON. */
export function readPlain(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // A proxy's page, or an answer that was cut: the caller says that the answer is not known.
    return null
  }
}
