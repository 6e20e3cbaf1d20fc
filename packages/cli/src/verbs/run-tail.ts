import type { LiveItem } from '@sluice/contract/admin-api/live'
import { createEventStreamParser, type ServerSentEvent } from '@sluice/contract/event-stream'
import { createBackoff, delay } from '@sluice/runtime/backoff'
import type { AdminClient, Json } from '../admin-client.ts'
import { parseObject } from '../admin-client.ts'
import { CommandError, EXIT_CODE, type ExitCode } from '../exit-code.ts'
import { cell } from '../table.ts'
import type { TailRequest } from './request.ts'

export type TailParts = {
  admin: AdminClient
  /** Aborts when nobody wants more: Ctrl-C, or standard output was closed. */
  enough: AbortSignal
  say(line: string): void
  write(text: string): void
}

/**
 * Writes what happens, a line each, until `enough`. Goes on at the same place after the connection broke; only that nobody
 * answers at first is an end. @throws {CommandError}
 */
export async function runTail(request: TailRequest, { admin, enough, say, write }: TailParts): Promise<ExitCode> {
  const path = `/admin/live?${new URLSearchParams(request.query)}`
  // 500 ms doubling to 5 s: a restart of the Admin API is over in one or two tries.
  const backoff = createBackoff({ firstMs: 500, maxMs: 5_000, jitter: 0.2 })
  let lastEventId: string | null = null

  async function readOnce(): Promise<void> {
    const headers: Record<string, string> = lastEventId === null ? {} : { 'Last-Event-ID': lastEventId }
    const stream = await admin.stream(path, { headers, signal: enough })
    backoff.reset()
    const parser = createEventStreamParser()
    const decoder = new TextDecoder()
    for await (const bytes of stream) {
      for (const event of parser.push(decoder.decode(bytes, { stream: true }))) tell(event)
      lastEventId = parser.lastEventId() ?? lastEventId
    }
  }

  function tell({ event, data }: ServerSentEvent): void {
    const body = parseObject(data)
    if (body === null) return
    if (event === 'item') write(request.json ? `${data}\n` : `${itemLine(body)}\n`)
    else tellState(event, body, say)
  }

  while (!enough.aborted) {
    try {
      await readOnce()
      say('the stream ended: connecting again')
    } catch (error) {
      if (enough.aborted) break
      if (lastEventId === null || (error instanceof CommandError && !isPassing(error))) throw error
      say('the connection broke: connecting again, nothing is missed')
    }
    await delay(backoff.nextMs(), enough)
  }
  return EXIT_CODE.interrupted
}

/** Nobody answers, or it is a 5xx, which a restart brings about. */
const isPassing = ({ exitCode }: CommandError) => exitCode === EXIT_CODE.cannotConnect || exitCode === EXIT_CODE.failed

function tellState(event: string, body: Json, say: (line: string) => void): void {
  if (event === 'left_out') {
    const why = [
      [body.sampled, 'as more than is shown happened'],
      [body.slow, 'as this reader was slow'],
      [body.unread, 'that nobody looked at'],
    ].flatMap(([count, words]) => (Number(count) > 0 ? [`${count} ${words}`] : []))
    say(`left out: ${why.join(', ')}; ${cell(body.shown)} of ${cell(body.matched)} shown`)
  } else if (event === 'interrupted') say(`${cell(body.code)}: ${cell(body.detail)}`)
  else if (event === 'resumed') say('it goes on')
}

const WORDS: Readonly<Record<LiveItem['outcome'], string>> = {
  accepted: 'accepted     ',
  stored: 'stored       ',
  dead_lettered: 'dead-lettered',
}

/** One line; columns of what is short, then what may be long. */
function itemLine(item: Json): string {
  const word = WORDS[item.outcome as LiveItem['outcome']] ?? cell(item.outcome)
  const names = [item.tenant_id, item.event_type, item.event_id, item.receipt_id].map(cell)
  const why =
    item.reason === null ? [] : [[cell(item.reason), item.pointer === null ? '' : cell(item.pointer)].join(' ').trim()]
  return [cell(item.at), word, ...names, ...why].join('  ')
}
