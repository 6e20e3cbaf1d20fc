import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AskPage, exportLines, MAX_EXPORTED_ROWS } from './export-lines.ts'

const anEvent = (nth: number) => ({
  ...{ receipt_id: `r${nth}`, tenant_id: 'a', event_id: '=1+1', idempotency_key: 'k', event_type: 't' },
  ...{ schema_version: 1, occurred_at: 'o', received_at: 'r', processed_at: 'p' },
  payload: '{"n": 12345678901234567890,\n "m": 1.10}',
  extra: null,
})
const whole = async (lines: AsyncGenerator<string>) => {
  let text = ''
  for await (const line of lines) text += line
  return text
}

test('every page is asked for, with the filter and nothing else of the address', async () => {
  const asked: object[] = []
  const ask: AskPage = async (question) => {
    asked.push(question)
    return { data: [anEvent(asked.length)], next_cursor: asked.length < 3 ? `c${asked.length}` : null }
  }
  const parameters = new URLSearchParams({ tenant: 'a', format: 'csv', limit: '9', every: '2' })
  const text = await whole(exportLines('events', 'ndjson', parameters, ask))
  assert.deepEqual(asked, [
    { tenant: 'a', limit: 200 },
    { tenant: 'a', limit: 200, cursor: 'c1' },
    { tenant: 'a', limit: 200, cursor: 'c2' },
  ])
  const lines = text.trimEnd().split('\n')
  assert.equal(lines.length, 3)
  assert.ok(lines.every((line) => JSON.parse(line).tenant_id === 'a'))
  assert.match(text, /"payload":{"n": 12345678901234567890, {2}"m": 1\.10}/)
})

test('CSV has a head, and no cell that a spreadsheet would compute', async () => {
  const ask: AskPage = async () => ({ data: [anEvent(1)], next_cursor: null })
  const text = await whole(exportLines('events', 'csv', new URLSearchParams(), ask))
  assert.match(text, /^receipt_id,tenant_id,event_id,/)
  assert.match(text, /\r\nr1,a,'=1\+1,k,t,1,o,r,p,"\{""n"": 12345678901234567890,/)
})

test('an export ends at its limit', async () => {
  const page = Array.from({ length: 200 }, (_, nth) => ({ at: 'now', nth, before: null, after: null }))
  let asked = 0
  const ask: AskPage = async () => {
    asked += 1
    return { data: page, next_cursor: 'more' }
  }
  const text = await whole(exportLines('audit', 'ndjson', new URLSearchParams(), ask))
  assert.equal(text.split('\n').length - 1, MAX_EXPORTED_ROWS)
  assert.equal(asked, MAX_EXPORTED_ROWS / 200)
})

test('what breaks half-way breaks the download', async () => {
  let asked = 0
  const ask: AskPage = async () => {
    asked += 1
    if (asked === 2) throw new Error('away')
    return { data: [], next_cursor: 'more' }
  }
  await assert.rejects(whole(exportLines('dead-letters', 'csv', new URLSearchParams(), ask)), /away/)
})
