/** What ends with a test, or with a script that does as tests do. A `TestContext` is one. */
export type Life = {
  after(release: () => unknown): void
  diagnostic(line: string): void
  /** Aborts when all shall end. */
  readonly signal: AbortSignal
}

/** The life of a script: what is released is so in reverse when it is disposed, what is said goes to standard error. */
export function scriptLife(signal: AbortSignal): Life & AsyncDisposable {
  const stack = new AsyncDisposableStack()
  return {
    signal,
    after: (release) => stack.defer(async () => void (await release())),
    diagnostic: (line) => void process.stderr.write(`${line}\n`),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}
