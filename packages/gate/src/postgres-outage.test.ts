import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { withTransaction } from '@sluice/runtime/postgres'
import { eventually } from '@sluice/runtime/testing/eventually'
import { openTcpLink } from '@sluice/runtime/testing/tcp-link'
import { admitOne, anAdmitRequest, aRetryOf, outcomesOf, settleOne, WINDOW_MS } from './contract/fixture.contract.ts'
import { admittedAfter, describeGateOutage } from './contract/outage.contract.ts'
import { openPostgresGate } from './postgres/open.ts'
import { gateDatabases } from './testing/gate-databases.ts'

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {}, child: () => silent }
const databases = gateDatabases()

const configOf = (url: string) => ({ engine: 'postgres', url, windowMs: WINDOW_MS, workers: 1 }) as const

describeGateOutage('postgres', async (t) => {
  const database = await databases.take()
  const link = await openTcpLink(Number(new URL(database.url).port))
  const url = Object.assign(new URL(database.url), { hostname: '127.0.0.1', port: String(link.port) }).href
  const gate = openPostgresGate(configOf(url), silent)
  t.after(async () => {
    link.pass()
    await gate[Symbol.asyncDispose]()
    await link[Symbol.asyncDispose]()
    databases.release(database, t)
  })
  return {
    gate,
    link,
    // What a crash takes: the unlogged tables.
    empty: async () => void (await database.sql('TRUNCATE gate_limits, gate_claims, gate_sweep_position')),
  }
})

describe('a gate whose database is busy', () => {
  it('answers degraded while somebody else holds its tables, and drops no connection for good', async (t) => {
    const database = await databases.take()
    const gate = openPostgresGate(configOf(database.url), silent)
    t.after(async () => {
      await gate[Symbol.asyncDispose]()
      databases.release(database, t)
    })
    const request = anAdmitRequest()
    await withTransaction(database.pool, async (client) => {
      await client.query('LOCK TABLE gate_limits IN ACCESS EXCLUSIVE MODE')
      // More calls than the pool has connections: those that find none must not wait longer than the others.
      const verdicts = await Promise.all(Array.from({ length: 8 }, () => admitOne(gate, anAdmitRequest())))
      assert.deepEqual(new Set(verdicts.map(({ degraded }) => degraded)), new Set([true]))
      await settleOne(gate, request, 'done')
    })
    await eventually(async () => !(await admitOne(gate, anAdmitRequest())).degraded)
    assert.deepEqual(outcomesOf(await admittedAfter(gate, request, [aRetryOf(request)])), ['duplicate'])
  })
})
