import type { PartChange } from './part.ts'
import type { PartExit } from './part-state.ts'

/** The line that tells people about a change of a part, or null when it is no news (what they asked for, or see by the banner). */
export function partNews({ part, before, after, event }: PartChange): string | null {
  if (before.type === after.type) return null
  switch (after.type) {
    case 'backing_off':
      return event.type === 'exited'
        ? `${part.name} died (${describeExit(event.exit)}); starting it again in ${after.retryInMs} ms`
        : null
    case 'failed':
      return `${part.name} refuses its settings, see its lines above: mend them, then \`npx sluice dev start ${part.name}\``
    case 'not_ready':
      return `${part.name} runs but is not ready`
    case 'ready':
      return before.type === 'not_ready' || after.deaths > 0 ? `${part.name} is ready again` : `${part.name} is ready`
    case 'stopping':
      return `stopping ${part.name}`
    case 'stopped':
      return `${part.name} has stopped`
    case 'starting':
      return null
    default:
      return after satisfies never
  }
}

export function describeExit({ code, signal, error }: PartExit): string {
  if (error !== null) return error
  if (signal !== null) return signal
  return code === null ? 'killed' : `exit ${code}`
}
