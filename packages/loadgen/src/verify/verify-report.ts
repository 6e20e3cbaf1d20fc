import { EXIT_CODE, type ExitCode } from '../exit-code.ts'
import { WRONG_NUMBERS, type WrongNumber } from './findings.ts'
import type { Verdict } from './verify-ledger.ts'

/** Numbers that need not be 0 here: nothing can be asked of a gate that was taken away, nor of a limit that nobody told us. */
function isChecked(number: WrongNumber, { options, further }: Verdict): boolean {
  if (number === 'missedDup') return options.noFaults
  if (number === 'overLimit') return options.limitPerMin !== null
  return number !== 'aheadCommit' || 'aheadCommit' in further
}

/** 0: all that must be 0 is. 1: something is not. 3: nothing is wrong, and something could not be known. */
export function exitCodeOf(verdict: Verdict): ExitCode {
  const wrong = WRONG_NUMBERS.some((number) => isChecked(number, verdict) && verdict.findings.count(number) > 0)
  if (wrong) return EXIT_CODE.failed
  return Object.keys(verdict.unproved).length > 0 ? EXIT_CODE.cannotConnect : EXIT_CODE.done
}

const VERDICTS: Readonly<Record<number, string>> = { 0: 'proved', 1: 'wrong', 3: 'unproved' }
const round = (value: number) => Math.round(value * 1_000) / 1_000

/** The one line of stdout. Null where a number was not looked for. */
export function renderLine(verdict: Verdict): string {
  const { findings, counts, unknown, latencyMs, recoverySeconds, unproved, further } = verdict
  const numbers = WRONG_NUMBERS.map((number) => {
    const isUnknown = number in unproved || (!isChecked(number, verdict) && number !== 'missedDup')
    return [number, isUnknown ? null : findings.count(number)]
  })
  const line = {
    verdict: VERDICTS[exitCodeOf(verdict)],
    run_id: verdict.runId,
    no_faults: verdict.options.noFaults,
    ...counts,
    ...Object.fromEntries(numbers),
    ...unknown,
    p50: latencyMs === null ? null : round(latencyMs.p50),
    p95: latencyMs === null ? null : round(latencyMs.p95),
    p99: latencyMs === null ? null : round(latencyMs.p99),
    balanceCompared: verdict.balanceCompared,
    recoverySeconds: recoverySeconds === null ? null : round(recoverySeconds),
    ...further,
    ...(Object.keys(unproved).length > 0 ? { unproved } : {}),
  }
  return `${JSON.stringify(line)}\n`
}

const MEANINGS: Record<WrongNumber, string> = {
  lost: 'accepted, and nowhere',
  stillWaiting: 'accepted, and still in the log',
  dupRows: 'keys with more than one row',
  both: 'a row and an open dead letter',
  wrongPlace: 'in another place, or for another reason, than it must be',
  ghost: 'refused, or never sent, and there',
  falseDup: 'called a duplicate, and nowhere',
  receiptLost: 'receipts that lead nowhere',
  altered: 'not as it was sent',
  tenantLeak: 'under another tenant than the one that sent it',
  badAnswer: 'answered as it must not be',
  overLimit: 'let through over the limit',
  unbalanced: "missing from the platform's own sum",
  aheadCommit: 'unsettled below a committed offset',
  missedDup: 'repeats that were not called duplicates',
}

/** What people read: every number that must be 0, and examples of those that are not. */
export function renderTable(verdict: Verdict): string {
  const { counts, findings, unproved } = verdict
  const rows = WRONG_NUMBERS.filter((number) => isChecked(number, verdict)).flatMap((number) => {
    const why = number === 'unbalanced' ? unproved.unbalanced : undefined
    const count = why === undefined ? findings.count(number) : '?'
    const sign = count === 0 ? '✔' : why === undefined ? '✖' : '?'
    return [
      `${sign} ${number.padEnd(14)}${String(count).padStart(8)}  ${why ?? MEANINGS[number]}`,
      ...findings
        .examples(number)
        .map(({ tenant, key, why }) => `      ${[tenant, key, why].filter(Boolean).join('  ')}`),
    ]
  })
  const head = `${counts.events} events in ${counts.requests} requests: ${counts.accepted} accepted, ${counts.refused} refused, ${counts.unknown} unknown (${verdict.unknown.unknownSettled} of them settled)`
  return `${[head, ...rows].join('\n')}\n`
}
