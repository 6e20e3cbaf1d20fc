import { randomUUID } from 'node:crypto'
import { newReceiptId } from '@sluice/contract/identifiers'
import type { Gate } from '@sluice/gate'
import { parseGateConfig } from '@sluice/gate/config'
import { openGate } from '@sluice/gate/open'
import { openRedis } from '@sluice/infra/engines/redis-server'
import { readEnv } from '@sluice/runtime/env'
import { createClient } from 'redis'
import { watchCpu } from '../cpu.ts'
import { openEngines } from '../engines.ts'
import type { Bench, Measure, OpenQuestion, Subject } from '../question.ts'
import { SILENT } from '../silent.ts'

const ITEMS = 50
const FINGERPRINT = 'ab'.repeat(32)

/** What limit and idempotency cost over writing a key of the same size and nothing else. */
export const openGateQuestion: OpenQuestion = async (bench) => ({
  name: 'gate',
  asks: `events a second through admit and settle, ${ITEMS} a call, one call after the other`,
  subjects: [await rawRedis(bench), await gateOn(bench, 'full'), await gateOn(bench, 'embedded')],
})

/** The floor: as many pipelined SETs as there are items, twice, as a claim is written and then settled. */
async function rawRedis(bench: Bench): Promise<Subject> {
  const server = bench.life.use(await openRedis())
  const client = createClient({ url: `redis://${server.address}` })
  await client.connect()
  bench.life.defer(() => client.destroy())
  let calls = 0
  return {
    name: 'pipelined SET, twice',
    measure: () =>
      repeat(bench.seconds, { redis: server.pid ?? 0 }, async () => {
        calls += 1
        const keys = Array.from({ length: ITEMS }, (_, nth) => `bench:${calls}:${nth}`)
        await Promise.all(
          keys.map((key) => client.set(key, FINGERPRINT, { expiration: { type: 'PX', value: 60_000 } })),
        )
        await Promise.all(
          keys.map((key) => client.set(key, FINGERPRINT, { expiration: { type: 'PX', value: 60_000 } })),
        )
      }),
  }
}

async function gateOn(bench: Bench, kind: 'embedded' | 'full'): Promise<Subject> {
  const engines = await openEngines(bench.life, kind)
  const gate = bench.life.use(await openGate(parseGateConfig(readEnv(engines.settings)), { log: SILENT }))
  const { redis, postgres } = engines.pids
  const pids: Record<string, number> = kind === 'full' ? { redis: redis ?? 0 } : { postgres: postgres ?? 0 }
  return { name: `gate, ${kind}`, measure: () => repeat(bench.seconds, pids, () => admitAndSettle(gate)) }
}

async function admitAndSettle(gate: Gate): Promise<void> {
  const requests = Array.from({ length: ITEMS }, () => ({
    tenantId: 'tenant_a',
    idempotencyKey: randomUUID(),
    fingerprint: FINGERPRINT,
    token: randomUUID(),
    receiptId: newReceiptId(Date.now()),
    limitPerMin: 1_000_000_000,
  }))
  const verdicts = await gate.admit(requests)
  await gate.settle(
    requests.map((request, nth) => {
      const verdict = verdicts[nth]
      if (verdict?.outcome !== 'claimed' || verdict.degraded) throw new Error(`not claimed: ${JSON.stringify(verdict)}`)
      return { ...request, receiptId: verdict.receiptId, outcome: 'done' as const }
    }),
  )
}

/** Calls over and over for some seconds; the caller's CPU is this process's own. */
async function repeat(seconds: number, pids: Record<string, number>, call: () => Promise<void>): Promise<Measure> {
  const cpu = watchCpu({ ...pids, caller: process.pid })
  const end = performance.now() + seconds * 1_000
  const start = performance.now()
  let events = 0
  while (performance.now() < end) {
    await call()
    events += ITEMS
  }
  return { perSecond: events / ((performance.now() - start) / 1_000), cpuMicros: cpu(events) }
}
