/** Where progress goes: stderr, or a double of it. */
export type ProgressStream = { write(text: string): unknown; isTTY?: boolean; columns?: number; rows?: number }

/** What goes along a run. Disposing takes the live view away again. */
export type Progress = Disposable & {
  /** Shows a sentence of its own, the live view being redrawn below it. */
  say(sentence: string): void
}

/** A person watches a terminal; a log wants few lines. */
const EVERY_MS = { terminal: 250, log: 5_000 }

/** What is shown: one line for a log, as many as fit for a terminal. */
export type Shown = { line: () => string; screen?: () => readonly string[] }

/** Draws again and again: over itself on a terminal, as a new line every few seconds elsewhere. */
export function startProgress(stream: ProgressStream, { line, screen }: Shown): Progress {
  const live = stream.isTTY === true
  let drawn = 0
  const clear = () => {
    if (!live) return
    stream.write(drawn > 1 ? `\r\u001b[${drawn - 1}A\u001b[J` : '\r\u001b[2K')
    drawn = 0
  }
  const draw = () => {
    if (!live) return void stream.write(`${line()}\n`)
    const lines = (screen?.() ?? [line()])
      .slice(0, Math.max(1, (stream.rows ?? 24) - 1))
      .map((text) => text.slice(0, Math.max(10, (stream.columns ?? 80) - 1)))
    clear()
    stream.write(lines.join('\n'))
    drawn = lines.length
  }
  const timer = setInterval(draw, live ? EVERY_MS.terminal : EVERY_MS.log)
  timer.unref()

  return {
    say(sentence) {
      clear()
      stream.write(`${sentence}\n`)
    },
    [Symbol.dispose]() {
      clearInterval(timer)
      clear()
    },
  }
}

/** Shows progress for as long as `work` takes. */
export async function withProgress<T>(stream: ProgressStream, shown: Shown, work: () => Promise<T>): Promise<T> {
  using _ = startProgress(stream, shown)
  return await work()
}
