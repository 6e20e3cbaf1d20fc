// The processor's loop in a process of its own, which dies like a crash when it judges a record that holds the word
// `poison`: by SIGKILL, as when memory is full. Argument: the database's address. Leaves when its parent lets go of it.
import { randomUUID } from 'node:crypto'
import { RAW_TOPIC } from '@sluice/contract/topics'
import { openEventLog } from '@sluice/event-log/open'
import { createEventStore } from '@sluice/event-store/settle-batch'
import { createBackoff } from '@sluice/runtime/backoff'
import { systemClock } from '@sluice/runtime/clock'
import { openPool } from '@sluice/runtime/postgres'
import { createMemoryLog } from '@sluice/runtime/testing/memory-log'
import { createCrashGuard } from '#src/crash-guard.ts'
import { createCrashMarkers } from '#src/crash-markers.ts'
import { judgeRecord } from '#src/judge.ts'
import { createProgress } from '#src/progress.ts'
import { runLoop } from '#src/run-loop.ts'

const [url = ''] = process.argv.slice(2)
const { log } = createMemoryLog()
const stopping = new AbortController()
process.once('disconnect', () => stopping.abort())

const limits = { statementTimeoutMs: 8_000, lockTimeoutMs: 3_000 }
await using pool = openPool({ url, max: 4, applicationName: 'poisoned', ...limits, log })
await using eventLog = await openEventLog({ engine: 'postgres', url, connections: 2 }, { log })
const markers = createCrashMarkers({ pool, topic: RAW_TOPIC, instanceId: randomUUID() })
await runLoop({
  store: createEventStore({ pool, shard: 0 }),
  eventLog,
  crashGuard: createCrashGuard({
    markers,
    log,
    judge(record) {
      if (record.value.includes('poison')) process.kill(process.pid, 'SIGKILL')
      return judgeRecord(record)
    },
  }),
  clock: systemClock,
  progress: createProgress(systemClock),
  backoff: createBackoff({ firstMs: 10, maxMs: 100, jitter: 0 }),
  log,
  stopping: stopping.signal,
  onSettled: () => {},
  onRetry: () => {},
  onConsumer: () => {},
})
