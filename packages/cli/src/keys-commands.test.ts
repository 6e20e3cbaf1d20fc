import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, it } from 'node:test'
import { readApiKeys } from '@sluice/contract/api-keys'
import { runSluice } from './testing/run-sluice.ts'

const ENV = {
  API_KEYS: 'team_a:first-key-of-sixteen,team_b:secret,team_a:first-key-of-sixteen,team_a:another-long-key-0',
}

describe('sluice keys', { concurrency: true }, () => {
  it('creates a key that nobody guesses, another one each time, as an entry that API_KEYS takes', async () => {
    const ends = await Promise.all([1, 2].map(() => runSluice(['keys', 'create', 'team_a', '--json'])))
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
    ]) {
      const { code, stdout } = await runSluice(args)
      assert.deepEqual([code, stdout], [2, ''])
    }
  })

  it('counts the keys of each tenant, warns of short ones, and shows none', async () => {
    const { code, stdout, stderr } = await runSluice(['keys', 'ls'], { env: ENV })
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
    const { code, stdout } = await runSluice(['keys', 'ls', '--json'], { env: { API_KEYS_FILE: file } })
    const data = [
      { tenant_id: 'team_a', keys: 2, short_keys: 0 },
      { tenant_id: 'team_b', keys: 1, short_keys: 1 },
    ]
    assert.deepEqual([code, JSON.parse(stdout)], [0, { data, demo: false }])
  })

  it('says that they are the demo keys where none are set', async () => {
    const { code, stdout, stderr } = await runSluice(['keys', 'ls', '--json'])
    assert.deepEqual([code, JSON.parse(stdout).demo], [0, true])
    assert.match(stderr, /API_KEYS is not set/)
  })

  it('ends with 2 when API_KEYS breaks its rule, and shows no key', async () => {
    const { code, stdout, stderr } = await runSluice(['keys', 'ls'], {
      env: { API_KEYS: 'team_a:hidden1,team_b:hidden1,x' },
    })
    assert.deepEqual([code, stdout], [2, ''])
    assert.match(stderr, /entry 2 repeats the key of another tenant\n.*entry 3 must be tenant:key/)
    assert.ok(!stderr.includes('hidden1'))
  })
})
