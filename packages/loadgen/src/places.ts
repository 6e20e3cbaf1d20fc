/** So many requests may be under way; a retry waits for a place, a new event does not. */
export type Places = {
  /** False when all are taken. */
  tryTake(): boolean
  /** Resolves with a place taken, first come first served; once `signal` aborts, at once and with one more than there are. */
  take(signal: AbortSignal): Promise<void>
  giveBack(): void
}

export function createPlaces(count: number): Places {
  let free = count
  const queue: (() => void)[] = []
  return {
    tryTake() {
      if (free <= 0) return false
      free--
      return true
    },
    take(signal) {
      if (free > 0 || signal.aborted) {
        free--
        return Promise.resolve()
      }
      return new Promise((resolve) => {
        const served = () => {
          signal.removeEventListener('abort', served)
          const at = queue.indexOf(served)
          if (at !== -1) queue.splice(at, 1)
          free--
          resolve()
        }
        queue.push(served)
        signal.addEventListener('abort', served)
      })
    },
    giveBack() {
      free++
      if (free > 0) queue[0]?.()
    },
  }
}
