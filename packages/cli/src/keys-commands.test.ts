import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, it } from 'node:test'
import { readApiKeys } from '@sluice/contract/api-keys'
import { answer, problem, startServer } from './testing/answering-server.ts'
import { runSluice } from './testing/run-sluice.ts'

const ENV = {
  API_KEYS: 'team_a:first-key-of-sixteen,team_b:secret,team_a:first-key-of-sixteen,team_a:another-long-key-0',
}

describe('sluice keys of API_KEYS', { concurrency: true }, () => {
  it('makes a key that nobody guesses, another one each time, as an entry that API_KEYS takes', async () => {
    const ends = await Promise.all([1, 2].map(() => runSluice(['keys', 'new', 'team_a', '--json'])))
    const [first, second] = ends.map(({ stdout }) => JSON.parse(stdout))
    assert.deepEqual(
      ends.map(({ code }) => code),
      [0, 0],
    )
    assert.match(first.key, /^sk_[\da-f]{12}_[\w-]{43}$/)
    assert.notEqual(first.key, second.key)
    assert.deepEqual(first, {
      tenant_id: 'team_a',
      id: first.key.split('_')[1],
      key: first.key,
      entry: `team_a:${first.key}`,
    })
    const { entries, problems } = readApiKeys(`${ENV.API_KEYS},${first.entry}`)
    assert.deepEqual([entries.at(-1), problems], [{ tenantId: 'team_a', key: first.key }, []])
  })

  it('shows key and entry for people, and what to do with them on standard error', async () => {
    const { code, stdout, stderr } = await runSluice(['keys', 'new', 'team_a'])
    assert.equal(code, 0)
    assert.match(stdout, /^KEY +(sk_\S+)\nENTRY +team_a:\1\n$/)
    assert.match(stderr, /shown once.*\n.*add the entry to API_KEYS/)
    assert.ok(!stderr.includes('sk_'))
  })

  it('ends with 2 for a name that no tenant may have, or none', async () => {
    for (const args of [
      ['keys', 'create', 'a:b'],
      ['keys', 'create'],
      ['keys', 'new', 'a:b'],
      ['keys', 'new'],
    ]) {
      const { code, stdout } = await runSluice(args)
      assert.deepEqual([code, stdout], [2, ''])
    }
  })

  it('counts the keys of each tenant, warns of short ones, and shows none', async () => {
    const { code, stdout, stderr } = await runSluice(['keys', 'ls', '--offline'], { env: ENV })
    assert.equal(code, 0)
    assert.equal(stdout, 'TENANT  KEYS  SHORT\nteam_a  2     0\nteam_b  1     1\n')
    assert.match(stderr, /^sluice: team_b has a key of fewer than 16 characters, .*keys create team_b`\n$/)
    assert.ok(!/secret|first-key|another-long/.test(stdout + stderr))
  })

  it('counts those of API_KEYS_FILE, as JSON', async (t) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'sluice-keys-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const file = path.join(folder, 'keys')
    writeFileSync(file, `${ENV.API_KEYS}\n`)
    const { code, stdout } = await runSluice(['keys', 'ls', '--offline', '--json'], { env: { API_KEYS_FILE: file } })
    const data = [
      { tenant_id: 'team_a', keys: 2, short_keys: 0 },
      { tenant_id: 'team_b', keys: 1, short_keys: 1 },
    ]
    assert.deepEqual([code, JSON.parse(stdout)], [0, { data, demo: false }])
  })

  it('says that they are the demo keys where none are set', async () => {
    const { code, stdout, stderr } = await runSluice(['keys', 'ls', '--offline', '--json'])
    assert.deepEqual([code, JSON.parse(stdout).demo], [0, true])
    assert.match(stderr, /API_KEYS is not set/)
  })

  it('ends with 2 when API_KEYS breaks its rule, and shows no key', async () => {
    const { code, stdout, stderr } = await runSluice(['keys', 'ls', '--offline'], {
      env: { API_KEYS: 'team_a:hidden1,team_b:hidden1,x' },
    })
    assert.deepEqual([code, stdout], [2, ''])
    assert.match(stderr, /entry 2 repeats the key of another tenant\n.*entry 3 must be tenant:key/)
    assert.ok(!stderr.includes('hidden1'))
  })
})

const MADE = {
  id: '0123456789ab',
  tenant_id: 'team_a',
  label: 'bill\u001bing',
  created_at: '2026-01-31T12:00:00.000Z',
  created_by: 'ada',
  revoked_at: null,
  revoked_by: null,
}
const KEY = `sk_${MADE.id}_${'x'.repeat(43)}`

describe('sluice keys of the database', { concurrency: true }, () => {
  it('creates a key by the Admin API: the key on standard output, what to do with it on standard error', async (t) => {
    const { url, requests } = await startServer(t, answer(201, { operation_id: 'o', key: KEY, api_key: MADE }))
    const { code, stdout, stderr } = await runSluice(
      ['keys', 'create', 'team_a', '--label', 'billing', '--by', 'ada'],
      {
        env: { ADMIN_URL: url },
      },
    )
    assert.deepEqual([code, stdout], [0, `KEY  ${KEY}\nID   ${MADE.id}\n`])
    assert.match(stderr, /shown once.*\n.*within 10 s.*keys revoke 0123456789ab/)
    assert.ok(!stderr.includes(KEY))
    const { operation_id: id, ...rest } = requests[0]?.body ?? {}
    assert.match(String(id), /^[\da-f-]{36}$/)
    assert.deepEqual(
      [requests[0]?.line, rest],
      ['POST /admin/keys', { by: 'ada', tenant_id: 'team_a', label: 'billing' }],
    )
  })

  it('ends with 3 when nobody answers, and says how to ask again for the same', async (t) => {
    const { url } = await startServer(t, (request) => void request.socket.destroy())
    const { code, stdout, stderr } = await runSluice(['keys', 'create', 'team_a'], { env: { ADMIN_URL: url } })
    assert.deepEqual([code, stdout], [3, ''])
    const id = /--operation-id ([\da-f-]{36}) does it once/.exec(stderr)?.[1] ?? ''
    const again = await startServer(t, answer(200, { operation_id: id, key: null, api_key: MADE }))
    const end = await runSluice(['keys', 'create', 'team_a', '--operation-id', id], { env: { ADMIN_URL: again.url } })
    assert.equal(again.requests[0]?.body?.operation_id, id)
    assert.deepEqual([end.code, end.stdout], [1, `ID  ${MADE.id}\n`])
    assert.match(end.stderr, /revoke it, and create another/)
  })

  it('lists keys with nothing that a terminal would obey, and counts those of API_KEYS', async (t) => {
    const { url, asked } = await startServer(t, answer(200, { data: [MADE], next_cursor: '7' }))
    const list = (...args: string[]) => runSluice(['keys', 'ls', ...args], { env: { ...ENV, ADMIN_URL: url } })
    const people = await list('--tenant', 'team_a')
    assert.equal(people.code, 0)
    assert.match(
      people.stdout,
      /^ID +TENANT .*\n0123456789ab +team_a +2026-01-31T12:00:00.000Z +ada +- +bill\\u\{1b\}ing\n/,
    )
    assert.match(people.stdout, /\nIn API_KEYS:\nTENANT {2}KEYS {2}SHORT\nteam_a {2}2 {5}0\n/)
    assert.match(people.stderr, /--cursor 7/)
    const document = JSON.parse((await list('--json')).stdout)
    assert.deepEqual([document.data, document.next_cursor, document.configured.demo], [[MADE], '7', false])
    assert.deepEqual(asked, ['GET /admin/keys?limit=50&tenant=team_a', 'GET /admin/keys?limit=50'])
  })

  it('revokes by id; of a whole key it sends the id alone', async (t) => {
    const revoked = { ...MADE, revoked_at: '2026-02-01T12:00:00.000Z', revoked_by: 'bob' }
    const { url, requests } = await startServer(t, answer(200, { operation_id: 'o', api_key: revoked }))
    for (const name of [MADE.id, KEY]) {
      const end = await runSluice(['keys', 'revoke', name, '--note', 'leaked'], { env: { ADMIN_URL: url } })
      assert.deepEqual([end.code, end.stdout], [0, `${MADE.id}  revoked 2026-02-01T12:00:00.000Z by bob\n`])
      assert.match(end.stderr, /within 30 s/)
    }
    assert.deepEqual(
      requests.map(({ line, body }) => [line, body?.note]),
      Array(2).fill([`POST /admin/keys/${MADE.id}/revoke`, 'leaked']),
    )
  })

  it('ends with 5 for a key that was never made, and with 4 without the token', async (t) => {
    const missing = await startServer(t, answer(404, problem('NOT_FOUND', 'There is no API key with this id.')))
    assert.equal((await runSluice(['keys', 'revoke', MADE.id], { env: { ADMIN_URL: missing.url } })).code, 5)
    const closed = await startServer(t, answer(401, problem('UNAUTHENTICATED', 'Send the admin token.')))
    assert.equal((await runSluice(['keys', 'ls'], { env: { ADMIN_URL: closed.url } })).code, 4)
  })
})
