import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import type { RedriveJobBody } from '@sluice/contract/admin-api/redrives'
import { decodeEnvelope } from '@sluice/contract/envelope'
import { RAW_TOPIC } from '@sluice/contract/topics'
import { LogUnavailableError, RecordTooLargeError } from '@sluice/event-log'
import { aBatch, anUnreadableRecord, aRecord, type RecordWish } from '@sluice/event-store/testing/settle-records'
import { eventually } from '@sluice/runtime/testing/eventually'
import { createManualClock } from '@sluice/runtime/testing/manual-clock'
import { settleWaiting } from '../testing/settle-waiting.ts'
import { openTestAdmin, type TestAdminOptions } from '../testing/test-admin.ts'

const operation = () => ({ operation_id: randomUUID(), by: 'ada' })
const NO_TYPE = { reason: 'INVALID_FIELD', pointer: '/event_type' } as const
const NAME_IT = [{ op: 'replace', path: '/event_type', value: 'order.created' }]

/** An admin whose store holds a dead letter for each wish; in the order of the wishes. */
async function openWithLetters(t: TestContext, wishes: readonly Partial<RecordWish>[], options: TestAdminOptions = {}) {
  const admin = await openTestAdmin(t, options)
  const records = wishes.map((wish, index) => aRecord({ offset: 1_000 + index, eventType: '', ...wish }))
  const outcomes = await admin.store.settle(aBatch(...records))
  const ids = outcomes.map((outcome) =>
    outcome.type === 'dead_letter' ? outcome.deadLetterId : assert.fail(outcome.type),
  )
  const stateOf = async (id: string | undefined) => (await admin.get(`/admin/dlq/${id}`)).body.state
  const job = async (id: string): Promise<RedriveJobBody> => (await admin.get(`/admin/redrives/${id}`)).body
  const inLog = async () => {
    const all = await Promise.all(
      [0, 1, 2, 3, 4, 5].map((partition) => admin.eventLog.read(RAW_TOPIC, partition, 0n, 1_000)),
    )
    return all.flat()
  }
  const settle = () => settleWaiting(admin.eventLog, admin.store)
  return { ...admin, records, ids, stateOf, job, inLog, settle }
}

test('D3: one dead letter is redriven: edited it is stored, unchanged it fails again and is open', async (t) => {
  const { post, get, ids, stateOf, redrives, settle, inLog, records } = await openWithLetters(t, [{}, {}])
  const [edited, unchanged] = ids
  const first = await post(`/admin/dlq/${edited}/redrive`, { ...operation(), edit: NAME_IT, note: 'named it' })
  assert.deepEqual([first.status, first.body.dead_letter.state], [202, 'redriving'])
  await post(`/admin/dlq/${unchanged}/redrive`, operation())
  await redrives.turn()
  const appended = await inLog()
  assert.deepEqual(
    appended.map(({ headers }) => [headers['sluice-dead-letter-id'], headers['sluice-attempt']]).sort(),
    [
      [edited, '1'],
      [unchanged, '1'],
    ].sort(),
  )
  const kept = appended.find(({ headers }) => headers['sluice-dead-letter-id'] === unchanged)
  assert.deepEqual(kept?.value, records[1]?.original)
  await settle()
  await redrives.turn()
  assert.deepEqual([await stateOf(edited), await stateOf(unchanged)], ['redriven', 'open'])
  const job: RedriveJobBody = (await get(`/admin/redrives/${first.body.job_id}`)).body
  assert.deepEqual(
    [job.state, job.matched, job.done, job.stored, job.failed_again, job.remaining, job.edited],
    ['done', 1, 1, 1, 0, 0, true],
  )
  const again = (await get(`/admin/dlq/${unchanged}`)).body
  assert.deepEqual(
    [again.attempt, again.history.map(({ what }: { what: string }) => what)],
    [2, ['redriven', 'failed_again']],
  )
  const journey = (await get(`/admin/receipts/${records[0]?.head?.receiptId}`)).body
  assert.deepEqual(
    journey.steps
      .map(({ step, by, edited: changed, note }: Record<string, unknown>) => [step, by, changed, note])
      .slice(2),
    [
      ['dead_lettered', undefined, undefined, undefined],
      ['redriven', 'ada', true, 'named it'],
      ['stored', undefined, undefined, undefined],
    ],
  )
})

test('I14 however often and by however many it is sent, a redrive happens once', async (t) => {
  const { post, ids, redrives, inLog } = await openWithLetters(t, [{}])
  const url = `/admin/dlq/${ids[0]}/redrive`
  const same = operation()
  const answers = await Promise.all([post(url, same), post(url, same), post(url, operation()), post(url, operation())])
  const statuses = answers.map(({ status }) => status)
  assert.equal(statuses.filter((status) => status === 202).length >= 1, true)
  const winners = new Set(answers.flatMap(({ status, body }) => (status === 202 ? [body.job_id] : [])))
  assert.equal(winners.size, 1)
  for (const { status, body } of answers)
    if (status !== 202) assert.deepEqual([status, body.code], [409, 'DEAD_LETTER_REDRIVING'])
  for (let n = 0; n < 3; n += 1) await redrives.turn()
  assert.equal((await inLog()).length, 1)
})

test('I14 a redrive that died between its transaction and its append is taken up, and stores one row', async (t) => {
  let dies = true
  const { post, ids, redrives, inLog, settle, sql, stateOf } = await openWithLetters(t, [{}], {
    eventLog: (log) => ({
      async append(topic, records) {
        const outcomes = await log.append(topic, records)
        // The record is in the log, and nobody learns of it.
        return dies ? outcomes.map(() => ({ type: 'unknown', error: new LogUnavailableError('cut') })) : outcomes
      },
    }),
  })
  await post(`/admin/dlq/${ids[0]}/redrive`, { ...operation(), edit: NAME_IT })
  await assert.rejects(redrives.turn(), LogUnavailableError)
  dies = false
  await redrives.turn()
  assert.equal((await inLog()).length, 2)
  await settle()
  await redrives.turn()
  assert.deepEqual(await sql('SELECT count(*)::int AS rows FROM events'), [{ rows: 1 }])
  assert.equal(await stateOf(ids[0]), 'redriven')
  assert.deepEqual(await sql('SELECT state, appended, stored, is_live FROM redrive_jobs'), [
    { state: 'done', appended: 1, stored: 1, is_live: false },
  ])
})

test('a state permits what the table says, and refuses the rest with the reason', async (t) => {
  const { post, ids, redrives, settle, stateOf } = await openWithLetters(t, [{}, {}])
  const [one, other] = ids
  const dismiss = (id = '') => post(`/admin/dlq/${id}/dismiss`, { ...operation(), note: 'a test' })
  const redrive = (id = '') => post(`/admin/dlq/${id}/redrive`, { ...operation(), edit: NAME_IT })
  assert.deepEqual([(await dismiss(one)).status, await stateOf(one)], [202, 'dismissed'])
  const twice = await dismiss(one)
  assert.deepEqual([twice.status, twice.body.code, twice.body.state], [422, 'ACTION_NOT_PERMITTED', 'dismissed'])
  assert.equal((await redrive(one)).status, 202)
  const busy = await dismiss(one)
  assert.deepEqual([busy.status, busy.body.code], [409, 'DEAD_LETTER_REDRIVING'])
  assert.ok(Number(busy.headers['retry-after']) >= 1)
  await redrives.turn()
  await settle()
  const late = await redrive(one)
  assert.deepEqual(
    [late.status, late.body.code, late.body.detail],
    [422, 'ACTION_NOT_PERMITTED', 'Its event is stored.'],
  )
  const unknown = await dismiss('0197a5b0-0000-7000-8000-000000000000')
  assert.deepEqual([unknown.status, unknown.body.code], [404, 'NOT_FOUND'])
  assert.equal((await post(`/admin/dlq/${other}/dismiss`, operation())).body.code, 'BAD_REQUEST')
})

test('an edit keeps the digits of what it does not name and of what it puts in', async (t) => {
  const wish = { payload: '{"a":12345678901234567890,"b":1.10}' }
  const { post, ids, redrives, settle, get, records } = await openWithLetters(t, [wish, wish])
  const edit = `[{"op":"replace","path":"/event_type","value":"x"},{"op":"add","path":"/payload/c","value":98765432109876543210}]`
  const body = `{"operation_id":"${randomUUID()}","edit":${edit}}`
  assert.equal((await post(`/admin/dlq/${ids[0]}/redrive`, body)).status, 202)
  const event =
    '{"event_id":"e","event_type":"y","schema_version":1,"occurred_at":"2026-05-04T10:00:00Z","payload":{"n":0.10}}'
  assert.equal((await post(`/admin/dlq/${ids[1]}/redrive`, { ...operation(), event })).status, 202)
  await redrives.turn()
  await settle()
  const payloadOf = async (nth: number) =>
    /"payload":(\{.*?\}),"extra"/.exec((await get(`/admin/receipts/${records[nth]?.head?.receiptId}`)).text)?.[1]
  assert.equal(await payloadOf(0), '{"a": 12345678901234567890, "b": 1.10, "c": 98765432109876543210}')
  assert.equal(await payloadOf(1), '{"n": 0.10}')
})

test('an edit that cannot be applied is refused, and nothing is changed', async (t) => {
  const { post, ids, stateOf, store, get } = await openWithLetters(t, [{}])
  await store.settle(aBatch(anUnreadableRecord(7)))
  const edit = [{ op: 'remove', path: '/nothing' }]
  const refused = await post(`/admin/dlq/${ids[0]}/redrive`, { ...operation(), edit })
  assert.deepEqual([refused.status, refused.body.code], [422, 'INVALID_EDIT'])
  assert.match(refused.body.detail, /Operation 1 of the edit/)
  assert.equal(await stateOf(ids[0]), 'open')
  const [garbage] = (await get('/admin/dlq?reason=MALFORMED_RECORD')).body.data
  assert.equal(
    (await post(`/admin/dlq/${garbage.id}/redrive`, { ...operation(), edit: NAME_IT })).body.code,
    'INVALID_EDIT',
  )
  const both = await post(`/admin/dlq/${ids[0]}/redrive`, { ...operation(), edit: NAME_IT, event: '{}' })
  assert.deepEqual([both.status, both.body.code], [400, 'BAD_REQUEST'])
})

test('a check says what would become of each, by the processor’s rules, and changes nothing', async (t) => {
  const { post, ids, store, sql, stateOf } = await openWithLetters(t, [{}, {}, { payload: '7' }, {}, { key: 'taken' }])
  await store.settle(aBatch(aRecord({ offset: 3_000, key: 'taken', payload: '{"first":1}' })))
  await sql(`UPDATE dead_letters SET attempts = 6 WHERE id = $1`, [ids[3]])
  await sql(`UPDATE dead_letters SET state = 'dismissed' WHERE id = $1`, [ids[1]])
  const { status, body } = await post('/admin/dlq/check', { filter: {}, edit: NAME_IT })
  assert.equal(status, 200)
  const { sample, would_fail, ...counts } = body
  assert.deepEqual(counts, { matched: 3, left_out: { state: 1, attempts: 1 }, checked: 3, would_pass: 1 })
  assert.deepEqual(
    would_fail
      .map(({ reason, pointer, count, example_id }: Record<string, unknown>) => [reason, pointer, count, example_id])
      .sort(),
    [
      ['IDEMPOTENCY_CONFLICT', null, 1, ids[4]],
      ['INVALID_FIELD', '/payload', 1, ids[2]],
    ],
  )
  assert.deepEqual(
    sample.map(({ passes }: { passes: boolean }) => passes),
    [false, false, true],
  )
  assert.match(sample[2].before, /"event_type":""/)
  assert.match(sample[2].after, /"event_type":"order.created"/)
  const dismissed = await post('/admin/dlq/check', {
    filter: { state: 'dismissed' },
    edit: [{ op: 'remove', path: '/x' }],
  })
  assert.deepEqual([dismissed.body.matched, dismissed.body.would_fail[0].reason], [1, 'EDIT_FAILED'])
  assert.equal((await post('/admin/dlq/check', { ids: [ids[0]] })).body.would_fail[0].pointer, NO_TYPE.pointer)
  for (const wrong of [{}, { filter: {}, ids: [ids[0]] }, { filter: { states: 'open' } }])
    assert.equal((await post('/admin/dlq/check', wrong)).status, 400)
  assert.equal(await stateOf(ids[0]), 'open')
})

test('D4: a job redrives what its filter matched, at its rate, and tells how far it is', async (t) => {
  const clock = createManualClock(Date.now())
  const wishes = Array.from({ length: 30 }, (_, n) => ({ key: `k${n}`, ...(n < 5 ? { payload: '7' } : {}) }))
  const { post, get, job, redrives, settle, inLog, ids } = await openWithLetters(t, wishes, { redriveClock: clock })
  const wish = { ...operation(), filter: { ...NO_TYPE, state: 'open' }, edit: NAME_IT, rate_per_second: 10 }
  const wrong = await post('/admin/redrives', { ...wish, operation_id: randomUUID(), confirm_count: 29 })
  assert.deepEqual([wrong.status, wrong.body.code, wrong.body.matched], [422, 'COUNT_CHANGED', 30])
  const made = await post('/admin/redrives', { ...wish, confirm_count: 30 })
  const repeated = await post('/admin/redrives', { ...wish, confirm_count: 30 })
  assert.deepEqual([made.status, repeated.status, repeated.body.id], [202, 202, made.body.id])
  const { id } = made.body
  await redrives.turn()
  assert.deepEqual([(await job(id)).done, (await inLog()).length], [1, 1])
  clock.advance(1_000)
  await redrives.turn()
  const running = await job(id)
  assert.deepEqual([running.done, running.remaining, running.seconds_left, running.waiting], [11, 19, 2, 11])
  clock.advance(60_000)
  await redrives.turn()
  assert.equal((await job(id)).done, 21)
  for (let n = 0; n < 3; n += 1) {
    clock.advance(1_000)
    await redrives.turn()
  }
  await settle()
  assert.equal(await redrives.turn(), 0)
  const done = await job(id)
  assert.deepEqual(
    [done.state, done.matched, done.done, done.stored, done.failed_again, done.waiting, done.left_out],
    ['done', 30, 30, 25, 5, 0, 0],
  )
  assert.ok(done.ended_at !== null && done.rate !== null)
  const failed = (await get(`/admin/dlq?job=${id}&state=open`)).body.data
  assert.deepEqual(failed.map((letter: { id: string }) => letter.id).sort(), ids.slice(0, 5).sort())
  assert.deepEqual(
    (await get('/admin/redrives?state=done')).body.data.map((one: RedriveJobBody) => one.id),
    [id],
  )
})

test('D4: a job that is cancelled appends nothing more, and its outcomes are still noted', async (t) => {
  const { post, job, redrives, settle, inLog, stateOf, ids } = await openWithLetters(t, [{}, {}, {}])
  const { body } = await post('/admin/redrives', {
    ...operation(),
    ids,
    edit: NAME_IT,
    rate_per_second: 1,
    confirm_count: 3,
  })
  await redrives.turn()
  const url = `/admin/redrives/${body.id}/cancel`
  const cancel = operation()
  const cancelled = await post(url, cancel)
  assert.deepEqual([cancelled.status, cancelled.body.state, cancelled.body.left_out], [202, 'cancelled', 2])
  assert.equal((await post(url, cancel)).status, 202)
  assert.equal((await post(url, operation())).body.code, 'ACTION_NOT_PERMITTED')
  await redrives.turn()
  await settle()
  await redrives.turn()
  const { state, done, stored, remaining, waiting } = await job(body.id)
  assert.deepEqual([state, done, stored, remaining, waiting], ['cancelled', 1, 1, 0, 0])
  assert.equal((await inLog()).length, 1)
  const states = await Promise.all(ids.map(stateOf))
  assert.deepEqual(states.sort(), ['open', 'open', 'redriven'])
})

test('a job leaves out what somebody else took, what failed too often, and what the edit does not fit', async (t) => {
  const { post, job, redrives, sql, ids, stateOf } = await openWithLetters(t, [{}, {}, { payload: '{"x":1}' }, {}])
  const edit = [...NAME_IT, { op: 'test', path: '/payload/x', value: 1 }]
  const filter = { state: 'open' }
  const { body } = await post('/admin/redrives', {
    ...operation(),
    filter,
    edit,
    rate_per_second: 1_000,
    confirm_count: 4,
  })
  await post(`/admin/dlq/${ids[0]}/dismiss`, { ...operation(), note: 'no use' })
  await sql(`UPDATE dead_letters SET state = 'redriven' WHERE id = $1`, [ids[0]])
  await sql('UPDATE dead_letters SET attempts = 6 WHERE id = $1', [ids[1]])
  await sql(`UPDATE redrive_jobs SET started_at = started_at - interval '1 minute'`)
  await redrives.turn()
  await redrives.turn()
  while ((await job(body.id)).remaining > 0) await redrives.turn()
  const { done, left_out } = await job(body.id)
  assert.deepEqual([done, left_out, await stateOf(ids[2]), await stateOf(ids[3])], [1, 3, 'redriving', 'open'])
})

test('of two jobs that want the same dead letter the older one takes it, wherever its row lies', async (t) => {
  const { post, redrives, job, sql, ids } = await openWithLetters(t, [{}])
  const wish = () => ({ ...operation(), ids, edit: NAME_IT, rate_per_second: 1, confirm_count: 1 })
  const older = (await post('/admin/redrives', wish())).body.id
  const younger = (await post('/admin/redrives', wish())).body.id
  await sql('UPDATE redrive_jobs SET note = $2 WHERE id = $1', [older, 'now its row is the last one'])
  await redrives.turn()
  const [first, second] = [await job(older), await job(younger)]
  assert.deepEqual([first.done, first.left_out, second.done, second.left_out], [1, 0, 0, 1])
})

test('another admin takes up a job whose holder fell silent, and not before', async (t) => {
  const { post, redrives, sql, inLog, ids } = await openWithLetters(t, [{}])
  await post(`/admin/dlq/${ids[0]}/redrive`, operation())
  await sql(`UPDATE redrive_jobs SET lease_by = $1, lease_until = now() + interval '15 seconds'`, [randomUUID()])
  assert.equal(await redrives.turn(), 0)
  assert.equal((await inLog()).length, 0)
  await sql(`UPDATE redrive_jobs SET lease_until = now() - interval '1 second'`)
  await redrives.turn()
  assert.equal((await inLog()).length, 1)
})

test('a job that cannot go on keeps no other one waiting', async (t) => {
  let stuck = ''
  const { post, redrives, job, ids } = await openWithLetters(t, [{}, {}], {
    eventLog: (log) => ({
      async append(topic, records) {
        if (!records.some(({ headers }) => headers['sluice-dead-letter-id'] === stuck))
          return log.append(topic, records)
        return records.map(() => ({ type: 'refused', error: new LogUnavailableError('its partition is away') }))
      },
    }),
  })
  stuck = ids[0] ?? ''
  const first = await post(`/admin/dlq/${ids[0]}/redrive`, operation())
  const second = await post(`/admin/dlq/${ids[1]}/redrive`, operation())
  await assert.rejects(redrives.turn(), LogUnavailableError)
  assert.deepEqual([(await job(first.body.job_id)).done, (await job(second.body.job_id)).done], [0, 1])
  stuck = ''
  await redrives.turn()
  assert.equal((await job(first.body.job_id)).done, 1)
})

test('while the lag cannot be read redrives go on, and nothing is appended again', async (t) => {
  const { post, redrives, sql, inLog, ids } = await openWithLetters(t, [{}], {
    eventLog: () => ({ lag: () => Promise.reject(new LogUnavailableError('its coordinator is away')) }),
  })
  await post(`/admin/dlq/${ids[0]}/redrive`, operation())
  await redrives.turn()
  await sql(`UPDATE redrive_items SET appended_at = now() - interval '11 minutes'`)
  await redrives.turn()
  assert.equal((await inLog()).length, 1)
})

test('a record that is too large for the log is given back, open, and its job ends', async (t) => {
  const { post, redrives, job, ids, stateOf, get } = await openWithLetters(t, [{}], {
    eventLog: () => ({
      append: async (_topic, records) =>
        records.map(() => ({ type: 'refused', error: new RecordTooLargeError('too large', 1) })),
    }),
  })
  const { body } = await post(`/admin/dlq/${ids[0]}/redrive`, operation())
  assert.equal(await redrives.turn(), 0)
  const { state, done, left_out } = await job(body.job_id)
  assert.deepEqual([state, done, left_out, await stateOf(ids[0])], ['done', 0, 1, 'open'])
  const { history } = (await get(`/admin/dlq/${ids[0]}`)).body
  assert.equal(history.at(-1).note, 'The record is larger than the log takes.')
})

test('an admin that leaves lets the others go on with its jobs at once', async (t) => {
  const { post, redrives, sql, ids } = await openWithLetters(t, [{}])
  await post(`/admin/dlq/${ids[0]}/redrive`, operation())
  await redrives.turn()
  const isHeld = async () => (await sql('SELECT lease_until > now() AS held FROM redrive_jobs'))[0]?.held
  assert.equal(await isHeld(), true)
  await redrives[Symbol.asyncDispose]()
  assert.equal(await isHeld(), false)
})

test('a job is worked on as soon as it is made, and a runner that stopped does nothing more', async (t) => {
  const { post, redrives, inLog, ids } = await openWithLetters(t, [{}, {}])
  redrives.start()
  await post(`/admin/dlq/${ids[0]}/redrive`, operation())
  await eventually(async () => (await inLog()).length === 1)
  await redrives[Symbol.asyncDispose]()
  await post(`/admin/dlq/${ids[1]}/redrive`, operation())
  assert.equal((await inLog()).length, 1)
})

test('a record that left the log unread is appended again once nothing waits', async (t) => {
  const { post, redrives, sql, inLog, ids, settle } = await openWithLetters(t, [{}])
  await post(`/admin/dlq/${ids[0]}/redrive`, { ...operation(), edit: NAME_IT })
  await redrives.turn()
  await settle()
  await sql(`UPDATE dead_letters SET state = 'redriving'`) // as if nobody had read it
  await sql(`UPDATE redrive_items SET appended_at = now() - interval '11 minutes'`)
  await redrives.turn()
  await redrives.turn()
  assert.equal((await inLog()).length, 2)
  assert.deepEqual(await sql('SELECT appended FROM redrive_jobs'), [{ appended: 1 }])
})

test('every change is in the audit: who, what, how many, before and after', async (t) => {
  const { post, get, ids, redrives } = await openWithLetters(t, [{}, {}])
  await post(`/admin/dlq/${ids[0]}/dismiss`, { ...operation(), note: 'a test' })
  const n = '12345678901234567890'
  await post(
    '/admin/redrives',
    `{"operation_id":"${randomUUID()}","ids":["${ids[1]}"],"confirm_count":1,"rate_per_second":5,"edit":[{"op":"add","path":"/n","value":${n}}]}`,
  )
  await redrives.turn()
  const { body, text } = await get('/admin/audit')
  const [many, dismissed] = body.data
  assert.deepEqual(
    [many.action, many.by, many.count, many.target, dismissed.action, dismissed.by, dismissed.target, dismissed.note],
    ['redrive_many', 'admin', 1, many.after.job_id, 'dismiss', 'ada', ids[0], 'a test'],
  )
  assert.deepEqual([dismissed.before.state, dismissed.after], ['open', { state: 'dismissed' }])
  assert.match(text, new RegExp(n))
  const first = (await get('/admin/audit?limit=1')).body
  const second = (await get(`/admin/audit?limit=1&cursor=${first.next_cursor}`)).body
  assert.deepEqual([first.data[0].action, second.data[0].action, second.next_cursor], ['redrive_many', 'dismiss', null])
  assert.equal((await get('/admin/audit?action=dismiss')).body.data.length, 1)
})

test('the audit holds an edit as it was sent: every digit, in its spelling and order, of one and of many', async (t) => {
  const { post, get, ids } = await openWithLetters(t, [{}, {}])
  const [one, other] = ids
  const value = '{"zz":12345678901234567890,"b":[1.10,-0,1e300,0.1e-400],"a":"\\u00e9"}'
  const edit = `[{"op":"add","path":"/n","value":${value}}]`
  const many = `"ids":["${other}"],"confirm_count":1,"rate_per_second":5,`
  for (const [path, wish] of [
    [`/admin/dlq/${one}/redrive`, ''],
    ['/admin/redrives', many],
  ] as const) {
    const body = `{"operation_id":"${randomUUID()}",${wish}"edit":${edit}}`
    assert.equal((await post(path, body)).status, 202)
    // Sent again it is the same, and not another one whose number is nearly the same.
    assert.equal((await post(path, body)).status, 202)
    assert.equal((await post(path, body.replace('12345678901234567890', '12345678901234567891'))).status, 422)
  }
  const { text } = await get('/admin/audit')
  assert.equal(text.split(edit.replace('\\u00e9', 'é')).length, 3, text)
})

test('a redriven record keeps receipt, tenant, key and time under the fingerprint of its new body', async (t) => {
  const { post, ids, redrives, inLog, records } = await openWithLetters(t, [{ tenant: 'umbrella', key: 'k' }])
  await post(`/admin/dlq/${ids[0]}/redrive`, { ...operation(), edit: NAME_IT })
  await redrives.turn()
  const [record] = await inLog()
  assert.ok(record)
  const reading = decodeEnvelope(record.value)
  assert.ok(reading.type === 'envelope')
  const { fingerprint, ...head } = reading.head
  const { fingerprint: before, ...first } = records[0]?.head ?? assert.fail('no head')
  assert.deepEqual(head, first)
  assert.notEqual(fingerprint, before)
})
