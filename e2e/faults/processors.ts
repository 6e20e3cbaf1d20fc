import type { TestContext } from 'node:test'
import { delay } from '@sluice/runtime/backoff'
import { eventually } from '@sluice/runtime/testing/eventually'
import { readLag } from '../lag.ts'
import type { Stack } from '../stack.ts'
import { type OurProcess, startProcess } from './our-process.ts'

/** A processor beside the supervisor's own, as the second machine of a team would run it. */
export type ExtraProcessor = OurProcess & { partitions(): Promise<number> }

export async function startProcessor(t: TestContext, stack: Stack): Promise<ExtraProcessor> {
  const started = await startProcess(t, 'processor', stack.engineSettings)
  const instanceId = await eventually(() => /"instance_id":"([^"]+)"/.exec(started.output())?.[1])
  return {
    ...started,
    /** How many partitions it says to hold; 0 when it has not said anything for 5 s. */
    async partitions() {
      const [row] = await stack.sql<{ held: number }>(
        `SELECT cardinality(partitions) AS held FROM processor_heartbeats
         WHERE instance_id = $1 AND beat_at > clock_timestamp() - interval '5 seconds'`,
        [instanceId],
      )
      return row?.held ?? 0
    },
  }
}

/**
 * Looks at the committed offsets again and again until `until` aborts.
 * @returns each time that one of them went back, in words
 */
export async function watchCommits(stack: Stack, until: AbortSignal): Promise<string[]> {
  const highest = new Map<number, number>()
  const backwards: string[] = []
  while (!until.aborted) {
    for (const { partition, committed } of (await readLag(stack)).partitions) {
      const before = highest.get(partition) ?? 0
      if (committed !== null && committed < before) backwards.push(`partition ${partition}: ${before} → ${committed}`)
      highest.set(partition, Math.max(before, committed ?? 0))
    }
    await delay(100, until)
  }
  return backwards
}
