import { closeSync, openSync, readSync } from 'node:fs'
import type { AnswerLine, EndLine, LedgerLine, RunLine, SendLine } from '../ledger/ledger-line.ts'

/** The file is no ledger of ours. The message says where and why. */
export class LedgerError extends Error {
  override readonly name = 'LedgerError'
}

export type LedgerEntry = { line: SendLine | AnswerLine | EndLine; at: number }

const BUFFER_BYTES = 1_048_576
const NEWLINE = 0x0a

/** The lines of a file with the byte at which each begins; what follows the last newline (a writer was killed) is left out. */
export function* linesOf(file: string): Generator<{ text: string; at: number }> {
  const descriptor = openSync(file, 'r')
  try {
    let buffer = Buffer.alloc(BUFFER_BYTES)
    let held = 0
    for (let bufferAt = 0; ; ) {
      if (held === buffer.length) buffer = Buffer.concat([buffer], buffer.length * 2) // one line fills it all
      const read = readSync(descriptor, buffer, held, buffer.length - held, bufferAt + held)
      if (read === 0) return
      held += read
      let start = 0
      const bytes = buffer.subarray(0, held)
      for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
        yield { text: bytes.toString('utf8', start, end), at: bufferAt + start }
        start = end + 1
      }
      buffer.copyWithin(0, start, held)
      held -= start
      bufferAt += start
    }
  } finally {
    closeSync(descriptor)
  }
}

/** The first line of a ledger: whose run it is. Throws a LedgerError, or what opening a file throws. */
export function readRunLine(file: string): RunLine {
  const { value } = linesOf(file).next()
  const line = value === undefined ? null : parseLine(value.text, value.at)
  if (line?.kind !== 'run' || line.version !== 1)
    throw new LedgerError('it does not begin as a ledger of sluice loadgen does')
  return line
}

/** Everything after the first line. */
export function* readEntries(file: string): Generator<LedgerEntry> {
  for (const { text, at } of linesOf(file)) {
    const line = parseLine(text, at)
    if (line.kind !== 'run') yield { line, at }
  }
}

/** The line that begins at a byte. */
export function readSendLine(file: string, at: number): SendLine {
  const descriptor = openSync(file, 'r')
  try {
    for (let bytes = 65_536; ; bytes *= 4) {
      const chunk = Buffer.alloc(bytes)
      const read = readSync(descriptor, chunk, 0, bytes, at)
      const end = chunk.subarray(0, read).indexOf(NEWLINE)
      if (end !== -1) return parseLine(chunk.toString('utf8', 0, end), at) as SendLine
      if (read < bytes) throw new LedgerError(`no line begins at byte ${at}`)
    }
  } finally {
    closeSync(descriptor)
  }
}

/** Our own lines are trusted once their kind is known; anything else is named by its place. */
function parseLine(text: string, at: number): LedgerLine {
  try {
    const parsed = JSON.parse(text) as LedgerLine
    if (['run', 'send', 'answer', 'end'].includes(parsed.kind)) return parsed
  } catch {
    // Said below, with its place.
  }
  throw new LedgerError(`the line at byte ${at} is not one of a ledger`)
}
