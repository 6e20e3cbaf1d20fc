import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { eventually } from '@sluice/runtime/testing/eventually'
import { readLag } from '../lag.ts'
import { FULLEST_STACK, openStack } from '../open-stack.ts'
import { sendPatiently } from '../send.ts'
import { askAdmin } from './redrive-many.ts'
import { repairUnderFire } from './repair-under-fire.ts'

const SMALL = { count: 500, ratePerSecond: 60, livePerSecond: 50 }

for (const kind of FULLEST_STACK) {
  test(
    `${kind}: I14: 500 edited dead letters are redriven under load, admin and processor killed: one row each, closed once`,
    {
      timeout: 900_000,
    },
    (t) => repairUnderFire(t, kind, SMALL),
  )

  test(`${kind}: D3: what is redriven and still invalid is open again with one attempt more, and goes round no further`, {
    timeout: 600_000,
  }, async (t) => {
    const stack = await openStack(t, kind)
    assert.equal((await sendPatiently(stack.ingestUrl, '{"event_id":"d3"}', { key: 'd3' })).status, 202)
    type Letter = { id: string; state: string; attempts: number; reason: string; pointer: string }
    const letter = () =>
      eventually(
        async () => {
          const [row] = await stack.sql<Letter>('SELECT id, state, attempts, reason, pointer FROM dead_letters')
          return row?.state === 'open' && row
        },
        { pauseMs: 100, message: 'an open dead letter' },
      )
    const { id } = await letter()
    for (let redriven = 1; redriven <= 5; redriven += 1) {
      // The first change mends one member of five, so it fails for another reason than before.
      const edit = redriven === 1 ? { edit: [{ op: 'add', path: '/event_type', value: 'x' }] } : {}
      const { status } = await askAdmin(stack, `/admin/dlq/${id}/redrive`, { operation_id: randomUUID(), ...edit })
      assert.equal(status, 202)
      const again = await eventually(
        async () => {
          const found = await letter()
          return found.attempts === redriven + 1 && found
        },
        { pauseMs: 100, message: `attempt ${redriven + 1}` },
      )
      assert.equal(again.reason, 'MISSING_FIELD')
      if (redriven === 1) assert.equal(again.pointer, '/schema_version')
    }
    // Nothing appends it again by itself: all that was appended is settled, and the log holds the event and five redrives.
    // The log hears that a batch is settled a moment after its rows are there.
    await eventually(async () => (await readLag(stack)).total_lag === 0)
    const { partitions } = (await askAdmin(stack, '/admin/lag')).body as {
      partitions: { start: number; end: number }[]
    }
    assert.equal(
      partitions.reduce((sum, { start, end }) => sum + end - start, 0),
      6,
    )
    const checked = await askAdmin(stack, '/admin/dlq/check', { filter: {} })
    assert.deepEqual(
      [checked.body.matched, checked.body.left_out],
      [0, { state: 0, attempts: 1 }],
      'a job leaves out what failed again five times',
    )
    const rows = await stack.sql('SELECT FROM events')
    assert.equal(rows.length, 0)
  })
}
