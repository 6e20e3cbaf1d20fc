import { closePool } from '@sluice/runtime/postgres'
import { describeGate } from './gate.contract.ts'
import { createPostgresGate } from './postgres-gate.ts'
import { gateDatabases, patientGatePool } from './testing/gate-databases.ts'

const silent = { info: () => {}, warn: () => {} }
const databases = gateDatabases()
/** As patient as the suite's own limits. */
const LOCK_MS = 30_000

describeGate('postgres', async (t, settings) => {
  const database = await databases.take()
  const pools = [patientGatePool(database.url, LOCK_MS), patientGatePool(database.url, LOCK_MS)] as const
  const [gate, another] = pools.map((pool) => createPostgresGate({ pool, log: silent, ...settings }))
  if (gate === undefined || another === undefined) throw new Error('two pools make two gates')
  t.after(async () => {
    await Promise.all([gate, another].map((one) => one[Symbol.asyncDispose]()))
    await Promise.all(pools.map(closePool))
    databases.release(database, t)
  })
  return { gate, another }
})
