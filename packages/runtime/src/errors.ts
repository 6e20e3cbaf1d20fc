/** Base of every error that we throw on purpose. `code` is part of the API: never rename one. */
export abstract class SluiceError extends Error {
  abstract readonly code: string
  /** True when the same call may succeed later though nobody has changed anything. */
  abstract readonly retryable: boolean
}

/** The settings are wrong; every problem is listed, so that all can be mended at once. The process ends with status 2. */
export class ConfigError extends SluiceError {
  override readonly name = 'ConfigError'
  readonly code = 'CONFIG_INVALID'
  readonly retryable = false
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.problems = problems
  }
}
