import { test } from 'node:test'
import { delay } from '@sluice/runtime/backoff'
import { openStack, STACKS } from '../open-stack.ts'
import type { Victim } from '../stack.ts'
import { expectLedger } from './expect-ledger.ts'
import { howLong } from './how-long.ts'
import { seeded } from './seeded.ts'

const TIMES = howLong({ smoke: 1, long: 3 })

for (const kind of STACKS)
  test(`${kind}: R1 R6 R11 R26: kill -9 of every process and engine, ${TIMES} times each, and of store and processor at once, loses and doubles nothing`, {
    timeout: 900_000,
  }, async (t) => {
    const random = seeded(t)
    const stack = await openStack(t, kind, { RATE_LIMIT_PER_MIN: '1000000' })
    const victims = stack.victims.flatMap((name) => Array<Victim>(TIMES).fill(name))
    const order = victims.map((name) => ({ name, at: random() })).sort((a, b) => a.at - b.at)
    const killEach = async () => {
      for (const { name } of order) {
        // The moment within the traffic is what is random here; nothing is waited for. The next fault may meet a part that is still
        // coming up.
        await delay(300 + random() * 1_000)
        await stack.crash(name)
      }
      await Promise.all([stack.crash('postgres'), stack.crash('processor')])
    }
    await expectLedger(t, stack, killEach, { traffic: ['--rps', String(howLong({ smoke: 50, long: 200 }))] })
  })
