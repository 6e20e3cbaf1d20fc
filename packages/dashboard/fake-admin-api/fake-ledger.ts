import { randomUUID } from 'node:crypto'
import type { CheckBody, CheckRequest, RedriveJobBody, RedriveRequest } from '@sluice/contract/admin-api/redrives'
import { DEAD_LETTER_ACTIONS, type DeadLetterAction, isExhausted } from '@sluice/contract/dead-letter'
import { type FakeDeadLetter, type FakeFilter, matches, startingDeadLetters } from './fake-dead-letters.ts'
import { isoTime } from './fake-random.ts'

type FakeJob = {
  id: string
  operationId: string
  by: string
  note: string | null
  filter: RedriveRequest['filter']
  members: readonly FakeDeadLetter[]
  rate: number
  startedMs: number
  cancelledMs: number | null
}

export class FakeRefusal extends Error {
  readonly code: string
  readonly status: number

  constructor(status: number, code: string, detail: string) {
    super(detail)
    this.status = status
    this.code = code
  }
}

/** Between a record being appended again and its outcome. */
const SETTLE_MS = 800

/** Dead letters and redrive jobs in memory; what was asked with the same operation id is done once. */
export class FakeLedger {
  readonly letters: FakeDeadLetter[]
  readonly #jobs: FakeJob[] = []
  readonly #operations = new Map<string, unknown>()
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
    this.letters = startingDeadLetters(now())
  }

  find(id: string): FakeDeadLetter {
    this.#settle()
    const found = this.letters.find((letter) => letter.id === id)
    if (found === undefined) throw new FakeRefusal(404, 'NOT_FOUND', 'There is no such dead letter.')
    return found
  }

  list(filter: FakeFilter): FakeDeadLetter[] {
    this.#settle()
    return this.letters.filter((letter) => matches(letter, filter))
  }

  once<T>(operationId: string, act: () => T): T {
    if (!this.#operations.has(operationId)) this.#operations.set(operationId, act())
    return this.#operations.get(operationId) as T
  }

  changeOne(id: string, action: DeadLetterAction, { by, note }: { by: string; note: string | null }): FakeDeadLetter {
    const letter = this.find(id)
    const refusal = DEAD_LETTER_ACTIONS[letter.state][action]
    if (refusal !== null) throw new FakeRefusal(422, 'ACTION_NOT_PERMITTED', refusal)
    const at = isoTime(this.#now())
    if (action === 'dismiss') Object.assign(letter, { state: 'dismissed', closed_at: at })
    else Object.assign(letter, { state: 'redriving', endsAtMs: this.#now() + 2 * SETTLE_MS })
    letter.history?.push({ at, what: action === 'dismiss' ? 'dismissed' : 'redriven', by, note })
    return letter
  }

  select({ filter, ids }: Pick<CheckRequest, 'filter' | 'ids'>) {
    const { tenant_id, event_id, event_type, ...same } = filter ?? {}
    const wanted: FakeFilter = { ...same, ...(ids === undefined ? {} : { ids: new Set(ids) }) }
    if (tenant_id !== undefined) wanted.tenant = tenant_id
    if (event_id !== undefined) wanted.eventId = event_id
    if (event_type !== undefined) wanted.eventType = event_type
    const selected = this.list(wanted)
    const permitted = selected.filter(
      ({ state }) =>
        DEAD_LETTER_ACTIONS[state].redrive === null &&
        (state === 'open' || ids !== undefined || filter?.state === state),
    )
    const taken = permitted.filter(({ attempt }) => !isExhausted(attempt))
    return { taken, leftOut: { state: selected.length - permitted.length, attempts: permitted.length - taken.length } }
  }

  check(request: CheckRequest): CheckBody {
    const { taken, leftOut } = this.select(request)
    const failing = taken.filter(({ outcome }) => outcome === 'fails_again')
    const groups = Map.groupBy(failing, ({ reason, pointer }) => `${reason} ${pointer}`)
    return {
      matched: taken.length,
      left_out: leftOut,
      checked: taken.length,
      would_pass: taken.length - failing.length,
      would_fail: [...groups.values()].map((members) => {
        const [first] = members as [FakeDeadLetter]
        return {
          reason: first.reason,
          pointer: first.pointer,
          detail: first.detail,
          count: members.length,
          example_id: first.id,
        }
      }),
      sample: [...failing, ...taken.filter(({ outcome }) => outcome === 'stored')]
        .slice(0, 5)
        .map(({ id, event, outcome }) => ({
          id,
          before: event ?? null,
          after: event ?? null,
          passes: outcome === 'stored',
        })),
    }
  }

  startJob(request: RedriveRequest): RedriveJobBody {
    const { taken } = this.select(request)
    if (taken.length !== request.confirm_count)
      throw new FakeRefusal(422, 'COUNT_CHANGED', `Now ${taken.length} match, not ${request.confirm_count}.`)
    const at = isoTime(this.#now())
    const by = request.by ?? 'admin'
    const id = randomUUID()
    for (const [index, letter] of taken.entries()) {
      Object.assign(letter, {
        state: 'redriving',
        takenBy: id,
        endsAtMs: this.#now() + (index / request.rate_per_second) * 1000 + SETTLE_MS,
      })
      letter.history?.push({ at, what: 'redriven', by, note: request.note ?? null })
    }
    const job: FakeJob = {
      id,
      operationId: request.operation_id,
      by,
      note: request.note ?? null,
      filter: request.filter,
      members: taken,
      rate: request.rate_per_second,
      startedMs: this.#now(),
      cancelledMs: null,
    }
    this.#jobs.unshift(job)
    return this.#body(job)
  }

  job(id: string): RedriveJobBody {
    this.#settle()
    return this.#body(this.#findJob(id))
  }

  jobs(): RedriveJobBody[] {
    this.#settle()
    return this.#jobs.map((job) => this.#body(job))
  }

  cancel(id: string): RedriveJobBody {
    const job = this.#findJob(id)
    this.#settle()
    const nowMs = this.#now()
    if (this.#body(job).state === 'running') {
      job.cancelledMs = nowMs
      // What was not appended yet is open again; what was is settled still.
      for (const letter of job.members.slice(appendedBy(job, nowMs)))
        Object.assign(letter, { state: 'open', endsAtMs: null })
    }
    return this.#body(job)
  }

  #findJob(id: string): FakeJob {
    const job = this.#jobs.find((candidate) => candidate.id === id)
    if (job === undefined) throw new FakeRefusal(404, 'NOT_FOUND', 'There is no such job.')
    return job
  }

  /** Brings every redrive whose time has come to its end. */
  #settle(): void {
    const nowMs = this.#now()
    for (const letter of this.letters) {
      if (letter.endsAtMs === null || letter.endsAtMs > nowMs) continue
      const at = isoTime(letter.endsAtMs)
      const isStored = letter.outcome === 'stored'
      Object.assign(
        letter,
        isStored ? { state: 'redriven', closed_at: at } : { state: 'open', failed_at: at, attempt: letter.attempt + 1 },
      )
      letter.history?.push({ at, what: isStored ? 'stored' : 'failed_again', by: 'processor', note: null })
      letter.endsAtMs = null
    }
  }

  #body(job: FakeJob): RedriveJobBody {
    const nowMs = this.#now()
    const endMs = job.cancelledMs ?? nowMs
    const done = appendedBy(job, endMs)
    const settled = job.members.filter(
      (_, index) => index < done && job.startedMs + (index / job.rate) * 1000 + SETTLE_MS <= nowMs,
    )
    const stored = settled.filter(({ outcome }) => outcome === 'stored').length
    const isDone = settled.length === job.members.length
    const remaining = job.cancelledMs === null ? job.members.length - done : 0
    return {
      id: job.id,
      operation_id: job.operationId,
      state: job.cancelledMs !== null ? 'cancelled' : isDone ? 'done' : 'running',
      by: job.by,
      note: job.note,
      filter: job.filter ?? null,
      edited: false,
      rate_per_second: job.rate,
      matched: job.members.length,
      done,
      stored,
      failed_again: settled.length - stored,
      waiting: done - settled.length,
      left_out: job.cancelledMs === null ? 0 : job.members.length - done,
      remaining,
      rate: done === 0 ? null : job.rate,
      seconds_left: job.cancelledMs !== null || isDone ? null : remaining / job.rate,
      started_at: isoTime(job.startedMs),
      ended_at: job.cancelledMs !== null ? isoTime(job.cancelledMs) : isDone ? isoTime(nowMs) : null,
      as_of: isoTime(nowMs),
    }
  }
}

const appendedBy = (job: FakeJob, nowMs: number): number =>
  Math.min(job.members.length, Math.floor(((nowMs - job.startedMs) / 1000) * job.rate) + 1)
