import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inspectGate } from '../inspect-gate.ts'
import { gateDatabases } from '../testing/gate-databases.ts'

const databases = gateDatabases()
const configOf = (url: string) => ({ engine: 'postgres', url, windowMs: 1_800_000, workers: 1 }) as const

describe('a look at the gate on PostgreSQL', () => {
  it('finds its tables, and how long a call takes', async (t) => {
    const database = await databases.take()
    t.after(() => databases.release(database, t))
    const findings = await inspectGate(configOf(database.url))
    const [answers, tables, latency] = findings
    assert.deepEqual([answers?.state, tables?.state, findings.length], ['ok', 'ok', 3])
    assert.match(latency?.detail ?? '', /takes \d+\.\d ms/)
  })

  it('names the migrations that are missing, and the command that brings them', async (t) => {
    const database = await databases.take()
    await database.sql('ALTER TABLE schema_migrations RENAME TO hidden')
    t.after(async () => {
      await database.sql('ALTER TABLE hidden RENAME TO schema_migrations')
      databases.release(database, t)
    })
    const [, tables] = await inspectGate(configOf(database.url))
    assert.deepEqual(
      { state: tables?.state, detail: tables?.detail, remedy: tables?.remedy },
      {
        state: 'fault',
        detail: 'missing: migration 1 gate, 2 api-keys, 3 ends-with-admit',
        remedy: 'npx sluice migrate',
      },
    )
  })

  it('says where it found no database, and no password', async () => {
    const [finding] = await inspectGate(configOf('postgres://ann:hunter2@127.0.0.1:1/sluice'))
    assert.equal(finding?.state, 'fault')
    assert.match(finding?.detail ?? '', /^not at 127\.0\.0\.1:1: .*ECONNREFUSED/)
    assert.doesNotMatch(JSON.stringify(finding), /hunter2/)
  })
})
