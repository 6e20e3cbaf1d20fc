import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { scanObject } from '@sluice/contract/i-json'
import type { EventTemplate } from './event-body.ts'

/** The event type of a line that names none. */
export const CORPUS_EVENT_TYPE = 'corpus.event'

/** A line of the corpus cannot be sent. The message names the line and what is wrong with it. */
export class CorpusError extends Error {
  override readonly name = 'CorpusError'
}

/**
 * Reads one line: `{"event_type": "…", "payload": {…}}`, or any other JSON object, which is then the payload. The payload's
 * text is taken as it stands, so its numbers keep their digits.
 */
export function parseCorpusLine(line: string, lineNumber: number): EventTemplate {
  const bytes = Buffer.from(line)
  const scan = scanObject(bytes)
  if (!scan.ok) throw new CorpusError(`line ${lineNumber}: ${scan.problem.detail} (byte ${scan.problem.offset})`)
  const type = scan.members.find(({ name, kind }) => name === 'event_type' && kind === 'string')
  const payload = scan.members.find(({ name, kind }) => name === 'payload' && kind === 'object')
  if (type === undefined || payload === undefined) return { eventType: CORPUS_EVENT_TYPE, payloadJson: line.trim() }
  const textOf = ({ start, end }: { start: number; end: number }) => bytes.toString('utf8', start, end)
  return { eventType: String(JSON.parse(textOf(type))), payloadJson: textOf(payload) }
}

/** Reads a corpus of newline-delimited JSON, blank lines left out. All of it is held in memory for the run. */
export async function readCorpus(file: string): Promise<readonly EventTemplate[]> {
  const templates: EventTemplate[] = []
  let lineNumber = 0
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
    lineNumber++
    if (line.trim() !== '') templates.push(parseCorpusLine(line, lineNumber))
  }
  if (templates.length === 0) throw new CorpusError('it holds no line; it needs one JSON object a line')
  return templates
}
