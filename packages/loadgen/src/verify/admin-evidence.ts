import { setTimeout as delay } from 'node:timers/promises'
import type { BalanceBody } from '@sluice/contract/admin-api/balance'
import type { Identity } from '@sluice/contract/admin-api/identities'
import type { LagBody } from '@sluice/contract/admin-api/lag'
import type { ReceiptBody } from '@sluice/contract/admin-api/receipts'
import { type Dispatcher, Pool } from 'undici'
import { CommandError, EXIT_CODE } from '../exit-code.ts'
import { parseObject } from '../outcome.ts'
import type { Account } from './account.ts'
import { type Balance, type Evidence, EvidenceError, type Place, type ReceiptPlace } from './evidence.ts'

export type AdminAddress = { adminUrl: URL; adminToken: string | null }

const ANSWER_TIMEOUT_MS = 30_000
/** A restarting admin is back by then. */
const TRIES = 10
const RETRY_MS = 500
/** Clocks of the platform may differ from ours by so much before the export is asked for without a time. */
const SAFE_CLOCK_SKEW_MS = 30_000
const SINCE_MARGIN_MS = 300_000

/** What the Admin API answers, asked with an operator's token only. Disposing closes its connections. */
export function openAdminEvidence({ adminUrl, adminToken }: AdminAddress): Evidence & AsyncDisposable {
  const pool = new Pool(adminUrl.origin, {
    connections: 8,
    headersTimeout: ANSWER_TIMEOUT_MS,
    bodyTimeout: ANSWER_TIMEOUT_MS,
  })
  const base = adminUrl.pathname.replace(/\/$/, '')
  const headers = adminToken === null ? {} : { authorization: `Bearer ${adminToken}` }

  async function ask(path: string): Promise<Dispatcher.ResponseData> {
    for (let attempt = 1; ; attempt++) {
      const answer = await pool
        .request({ path: `${base}${path}`, method: 'GET', headers })
        .catch((error: Error) => error)
      const isOpen = answer instanceof Error || answer.statusCode === 503
      if (!isOpen) return refuseAllBut200(answer, path)
      if (!(answer instanceof Error)) await answer.body.dump()
      if (attempt === TRIES)
        throw new EvidenceError(
          `GET ${path} of ${adminUrl.href}: ${answer instanceof Error ? codeOf(answer) : 'status 503'}`,
        )
      await delay(RETRY_MS)
    }
  }
  const askJson = async <T>(path: string) => (await (await ask(path)).body.json()) as T

  return {
    async waiting() {
      const { total_lag, partitions } = await askJson<LagBody>('/admin/kafka/lag')
      return { total: total_lag, mark: JSON.stringify(partitions?.map(({ end, committed }) => [end, committed])) }
    },

    async *places(account) {
      const since = await sinceOf(account, askJson)
      const answer = await ask(`/admin/export/identities?include=content${since}`)
      try {
        for await (const lines of linesOf(answer.body)) yield lines.map((line) => toPlace(JSON.parse(line) as Identity))
      } catch (cause) {
        throw new EvidenceError('the export of identities broke off', { cause })
      }
    },

    async findReceipt(receiptId) {
      return toReceiptPlace(await askJson<ReceiptBody>(`/admin/receipts/${receiptId}`))
    },

    async balance(account) {
      // Longer than the run, as far as the Admin API goes back.
      const minutes = Math.min(1_440, 10 + Math.ceil((Date.now() - Date.parse(account.run.started_at)) / 60_000))
      try {
        return toBalance(await askJson<BalanceBody>(`/admin/balance?minutes=${minutes}`))
      } catch (error) {
        if (error instanceof EvidenceError && error.status === 404) return null
        throw error
      }
    },

    async [Symbol.asyncDispose]() {
      await pool.destroy()
    },
  }
}

const codeOf = (error: Error) => ('code' in error ? String(error.code) : error.name)

async function refuseAllBut200(answer: Dispatcher.ResponseData, path: string): Promise<Dispatcher.ResponseData> {
  const { statusCode } = answer
  if (statusCode === 200) return answer
  const code = parseObject(await answer.body.text()).code ?? 'no code'
  if (statusCode === 401 || statusCode === 403)
    throw new CommandError('the Admin API refused us: set ADMIN_TOKEN to its token', EXIT_CODE.notAllowed)
  throw new EvidenceError(`GET ${path} answered ${statusCode} (${code})`, { status: statusCode })
}

/**
 * Rows of before the run are left out where that is safe: keys of a run that may have been used before, and a platform
 * whose clock is not ours, are asked for without a time.
 */
async function sinceOf({ run }: Account, askJson: <T>(path: string) => Promise<T>): Promise<string> {
  if (!run.fresh) return ''
  const { as_of: asOf } = await askJson<{ as_of: string }>('/admin/overview')
  if (Math.abs(Date.parse(asOf) - Date.now()) > SAFE_CLOCK_SKEW_MS) return ''
  return `&since=${new Date(Date.parse(run.started_at) - SINCE_MARGIN_MS).toISOString()}`
}

async function* linesOf(body: AsyncIterable<Buffer>): AsyncGenerator<string[]> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    if (lines.length > 0) yield lines
  }
  if (rest !== '') throw new Error('the last line is not whole')
}

function toPlace(identity: Identity): Place {
  const { tenant_id: tenantId, idempotency_key: key, fingerprint, receipt_id: receiptId, state, reason } = identity
  const who = { tenantId, key, fingerprint, receiptId }
  if (identity.place === 'event')
    return {
      ...who,
      place: 'event',
      content: {
        eventId: identity.event_id ?? '',
        eventType: identity.event_type ?? '',
        schemaVersion: identity.schema_version ?? 0,
        occurredAt: identity.occurred_at ?? '',
        payload: identity.payload ?? '{}',
        extra: identity.extra ?? null,
      },
    }
  const original = Buffer.from(identity.original ?? '', 'base64')
  return { ...who, place: 'dead_letter', state: state === 'stored' ? 'open' : state, reason: reason ?? '', original }
}

function toReceiptPlace({ state, event, dead_letter: letter }: ReceiptBody): ReceiptPlace {
  const found = event ?? (letter?.state === 'redriven' ? undefined : letter)
  if (found !== undefined) return { state: 'settled', tenantId: found.tenant_id, key: found.idempotency_key }
  return { state: state === 'waiting' ? 'waiting' : 'unknown', tenantId: null, key: null }
}

function toBalance({ gap, settled, per_minute, positions, comparable_since: since }: BalanceBody): Balance {
  if (gap !== null) return { gap: gapOfParts(per_minute, positions), compared: settled }
  const isTooOld = per_minute.some(({ minute, accepted }) => Date.parse(minute) < Date.parse(since) && accepted !== 0)
  const why = isTooOld ? { why: `rows are deleted for their age: it is not answerable before ${since}` } : {}
  return { gap, compared: settled, ...why }
}

/** A row that is missing and a position that was counted twice make a sum of 0, and are two faults. */
function gapOfParts(minutes: BalanceBody['per_minute'], positions: BalanceBody['positions']): number {
  const inRows = minutes.reduce((sum, { gap }) => sum + Math.abs(gap ?? 0), 0)
  const inLog = positions === null ? 0 : positions.settled - positions.counted + positions.lost_unread
  return inRows + Math.abs(inLog)
}
