/**
 * Whether the log is worth asking. States:
 *   closed  -- `threshold` micro-batches in a row without one done --> open
 *   open    -- a probe succeeds --> closed; probes run one a `probeEveryMs`
 * While open, requests are refused before the gate, so that an outage of the log eats nobody's limit.
 */
export type LogBreaker = {
  isOpen(): boolean
  /** Told once per micro-batch that reached the log: was at least one record done? */
  record(anyDone: boolean): void
  close(): void
}

export type LogBreakerOptions = {
  probe: () => Promise<void>
  threshold: number
  probeEveryMs: number
  onChange?: (open: boolean) => void
}

export function createLogBreaker({ probe, threshold, probeEveryMs, onChange }: LogBreakerOptions): LogBreaker {
  let failures = 0
  let timer: NodeJS.Timeout | null = null

  function reset(): void {
    if (timer !== null) clearTimeout(timer)
    timer = null
    failures = 0
    onChange?.(false)
  }

  function probeLater(): void {
    timer = setTimeout(async () => {
      try {
        await probe()
      } catch {
        // Still away: the log's health check says so to people, here only the next probe follows.
        if (timer !== null) probeLater()
        return
      }
      if (timer !== null) reset()
    }, probeEveryMs)
    timer.unref()
  }

  return {
    isOpen: () => timer !== null,
    record(anyDone) {
      failures = anyDone ? 0 : failures + 1
      if (failures < threshold || timer !== null) return
      onChange?.(true)
      probeLater()
    },
    close() {
      if (timer !== null) clearTimeout(timer)
      timer = null
    },
  }
}
