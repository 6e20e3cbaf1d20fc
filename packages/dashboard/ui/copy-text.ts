/** Puts text on the clipboard; false when the browser does not let us (no secure context, no permission). */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    // NotAllowedError, or no clipboard at all on a plain http address: the caller says so.
    return false
  }
}
