import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PROCESSOR_GROUP } from '@sluice/contract/topics'
import { runKafkaTool } from '@sluice/infra/engines/kafka-tool'
import { eventually } from '@sluice/runtime/testing/eventually'
import { openFullStack } from '../full-stack.ts'
import { readLag } from '../lag.ts'
import { eventText, sendPatiently } from '../send.ts'

const PARTITIONS = 6

test('full: with every processor stopped the lag is what Kafka itself says, partition by partition', {
  timeout: 400_000,
}, async (t) => {
  const stack = await openFullStack(t)
  /** Keyless events go to one partition after the other. */
  const post = async (first: number, count: number) => {
    for (let nth = first; nth < first + count; nth += 1) {
      const headers: Record<string, string> = nth % 5 === 0 ? { 'X-Partition-Key': `p${nth}` } : {}
      const { status } = await sendPatiently(stack.ingestUrl, eventText(`e${nth}`), { key: `k${nth}`, headers })
      assert.equal(status, 202)
    }
  }
  const everyPartitionCommitted = async () => {
    const { partitions, total_lag: lag } = await readLag(stack)
    return lag === 0 && partitions.every(({ committed }) => committed !== null)
  }
  await post(0, 30)
  await eventually(everyPartitionCommitted, { message: 'a commit in every partition' })
  await stack.stopPart('processor')
  await post(30, 40)

  const said = await runKafkaTool('groups', [
    ...['--bootstrap-server', stack.kafka.bootstrap, '--describe', '--group', PROCESSOR_GROUP],
  ])
  // GROUP TOPIC PARTITION CURRENT-OFFSET LOG-END-OFFSET LAG …
  const theirs = said
    .split('\n')
    .filter((line) => line.startsWith(PROCESSOR_GROUP))
    .map((line) => line.split(/\s+/).slice(2, 6).map(Number))
    .sort(([a = 0], [b = 0]) => a - b)
  const { partitions, total_lag: total } = await readLag(stack)
  const ours = partitions.map(({ partition, committed, end, lag }) => [partition, committed, end, lag])
  assert.equal(theirs.length, PARTITIONS, said)
  assert.deepEqual(ours, theirs)
  assert.equal(total, 40)
})
