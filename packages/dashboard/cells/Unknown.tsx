import { UNKNOWN } from '../format.ts'

/** Stands where a number cannot be known: never 0, never left out. The reason is its description. */
export function Unknown({ reason }: { reason: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: its reason must be readable by keyboard, too
    <span tabIndex={0} role="img" aria-label={`Unknown: ${reason}`} data-hint={reason} className="text-ink-2">
      {UNKNOWN}
    </span>
  )
}
