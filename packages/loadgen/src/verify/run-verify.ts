import { once } from 'node:events'
import { CommandError, EXIT_CODE, type ExitCode } from '../exit-code.ts'
import { type Evidence, EvidenceError } from './evidence.ts'
import { LedgerError } from './read-ledger.ts'
import { type VerifyOptions, verifyLedger } from './verify-ledger.ts'
import { exitCodeOf, renderLine, renderTable } from './verify-report.ts'

export type RunVerifyOptions = Omit<VerifyOptions, 'stopping'> & { ledger: string; json: boolean }

/**
 * Verifies a ledger as a command does: one JSON line on stdout, the table on stderr. Told to stop, it says nothing.
 * @throws {CommandError} with what to do
 */
export async function runVerify(
  { ledger, json, ...options }: RunVerifyOptions,
  evidence: Evidence,
  stopping: AbortSignal,
): Promise<ExitCode> {
  try {
    const verdict = await Promise.race([
      verifyLedger(ledger, evidence, { ...options, stopping }),
      once(stopping, 'abort').then(() => null),
    ])
    if (verdict === null) return EXIT_CODE.interrupted
    if (!json) process.stderr.write(renderTable(verdict))
    process.stdout.write(renderLine(verdict))
    return exitCodeOf(verdict)
  } catch (error) {
    throw toCommandError(error, ledger)
  }
}

function toCommandError(error: unknown, ledger: string): unknown {
  if (error instanceof EvidenceError)
    return new CommandError(
      `nothing is proved: ${error.message}. Is the platform running? --admin-url names another address.`,
      EXIT_CODE.cannotConnect,
      { cause: error },
    )
  if (error instanceof LedgerError || isFileError(error))
    return new CommandError(
      `${ledger}: ${error.message}. A ledger is what sluice loadgen --ledger writes.`,
      EXIT_CODE.usage,
      { cause: error },
    )
  return error
}

const isFileError = (error: unknown): error is Error => error instanceof Error && 'syscall' in error
