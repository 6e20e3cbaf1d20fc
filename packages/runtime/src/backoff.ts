/** How long to wait between tries of something that fails. One object belongs to one thing that is being tried. */
export interface Backoff {
  /** Milliseconds to wait before the next try, whole; grows with every call until `reset`. */
  nextMs(): number
  /** Starts from the first wait again: call it after a success. */
  reset(): void
}

export interface BackoffOptions {
  /** The first wait, in milliseconds; each one after it is twice as long. */
  readonly firstMs: number
  /** The longest wait, in milliseconds, jitter included. */
  readonly maxMs: number
  /** The share of each wait that is random, 0 to 1: with 0.2 a wait of 100 ms becomes 80 to 100 ms. Keeps processes from knocking together. */
  readonly jitter: number
  /** 0 to 1, as `Math.random`; tests hand in their own. */
  readonly random?: () => number
}

/** Waits that double from `firstMs` to `maxMs`, each shortened by a random part of `jitter`. */
export function createBackoff({ firstMs, maxMs, jitter, random = Math.random }: BackoffOptions): Backoff {
  let waitMs = firstMs
  return {
    nextMs() {
      const fullMs = Math.min(waitMs, maxMs)
      waitMs = Math.min(waitMs * 2, maxMs)
      return Math.round(fullMs * (1 - jitter * random()))
    },
    reset() {
      waitMs = firstMs
    },
  }
}

/**
 * Resolves after `ms` milliseconds, or as soon as `signal` aborts, whichever is first. Never rejects: a loop that waits looks at
 * its signal anyway. Keeps the process alive meanwhile.
 */
export function delay(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve()
    const finish = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', finish)
      resolve()
    }
    const timer = setTimeout(finish, ms)
    signal?.addEventListener('abort', finish, { once: true })
  })
}
