import type { TestContext } from 'node:test'
import { eventually } from '@sluice/runtime/testing/eventually'
import type { Stack } from '../stack.ts'
import { storedEvents } from './under-load.ts'

/**
 * reliability.md 9.1 has 15 s, on a machine of its own; beside others the same may take three times as long. Whoever does not come back
 * by itself never does.
 */
export const GOES_ON_MS = 45_000

/**
 * Says how long after `since`, when the engine was back, rows came again.
 * @returns milliseconds
 */
export async function measureDraining(
  t: Pick<TestContext, 'diagnostic'>,
  stack: Stack,
  since: number,
): Promise<number> {
  const before = await storedEvents(stack)
  await eventually(async () => (await storedEvents(stack)) > before, {
    message: 'rows coming again',
  })
  const tookMs = Math.round(performance.now() - since)
  t.diagnostic(`rows came again ${tookMs} ms after the engine was back`)
  return tookMs
}
