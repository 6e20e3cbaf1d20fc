/** How the commands of this package end; the table is in the README. */
export const EXIT_CODE = {
  done: 0,
  failed: 1,
  usage: 2,
  cannotConnect: 3,
  notAllowed: 4,
  thresholdMissed: 99,
  interrupted: 130,
} as const

export type ExitCode = (typeof EXIT_CODE)[keyof typeof EXIT_CODE]

/** Ends a command with one line for the person who typed it: what happened and what to do. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly exitCode: ExitCode

  constructor(message: string, exitCode: ExitCode, options?: ErrorOptions) {
    super(message, options)
    this.exitCode = exitCode
  }
}
