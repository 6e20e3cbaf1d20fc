import { test } from 'node:test'
import { STACKS } from '../open-stack.ts'
import { cancelHalfWay, repairUnderFire } from './repair-under-fire.ts'

const COUNT = 10_000

for (const kind of STACKS) {
  test(
    `${kind}: I14 D4: 10,000 edited dead letters are redriven while 300 events/s flow, admin and processor killed`,
    {
      timeout: 600_000,
    },
    (t) => repairUnderFire(t, kind, { count: COUNT, ratePerSecond: 300, livePerSecond: 300 }),
  )

  test(
    `${kind}: D4: a job over 10,000 keeps its rate, stops where it is cancelled, and another takes the rest`,
    {
      timeout: 600_000,
    },
    (t) => cancelHalfWay(t, kind, { count: COUNT, ratePerSecond: 300, livePerSecond: 300 }),
  )
}
