import type { LagHistoryBody } from '@sluice/contract/admin-api/lag'
import type { ProcessorHeartbeat } from '@sluice/event-store/queries/heartbeats'
import { SILENT_MS } from '../platform/platform-health.ts'

type Mark = { at: Date; what: LagHistoryBody['marks'][number]['what']; instance: string }

/** When processors started and ended, from `since` on, oldest first; one that fell silent is lost from its last sign of life on. */
export function processorMarks(heartbeats: readonly ProcessorHeartbeat[], since: Date): LagHistoryBody['marks'] {
  const marks = heartbeats.flatMap(({ instanceId: instance, startedAt, stoppedAt, beatAt, ageMs }): Mark[] => {
    const started: Mark = { at: startedAt, what: 'started', instance }
    if (stoppedAt !== null) return [started, { at: stoppedAt, what: 'stopped', instance }]
    return ageMs < SILENT_MS ? [started] : [started, { at: beatAt, what: 'lost', instance }]
  })
  return marks
    .filter(({ at }) => at >= since)
    .sort((a, b) => a.at.getTime() - b.at.getTime())
    .map((mark) => ({ ...mark, at: mark.at.toISOString() }))
}
