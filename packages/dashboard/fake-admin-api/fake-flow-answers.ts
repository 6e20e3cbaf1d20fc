import { fakeBalance, fakeLag, fakeLagHistory, SCALE } from './fake-numbers.ts'
import { isoTime } from './fake-random.ts'
import type { FakeAnswers, FakeSituation } from './fake-situation.ts'

/** What waits, for how long and whose; whether anything is missing. */
export const flowAnswers = (at: FakeSituation): Pick<FakeAnswers, 'lag' | 'lagHistory' | 'backlog' | 'balance'> => ({
  lag: () => ({ ...fakeLag(at.scenario, at.beganMs, at.now()), as_of: at.asOf({}) }),
  lagHistory: ({ minutes }) => fakeLagHistory(at.scenario, at.beganMs, Number(minutes ?? 60), at.now()),
  backlog: () => {
    const total = at.waiting({})
    const lag = fakeLag(at.scenario, at.beganMs, at.now())
    if (total === null)
      return {
        data: null,
        total_waiting: null,
        sampled: false,
        looked_at: 0,
        reason: 'The log does not answer.',
        as_of: at.asOf({}),
      }
    const shares = [0.62, 0.29, 0.09]
    const data = at.tenantIds().map((tenant_id, index) => ({
      tenant_id,
      waiting: Math.round(total * (shares[index] ?? 0)),
      share: shares[index] ?? 0,
      oldest_waiting_at: total > 0 ? isoTime(at.now() - (lag.behind_seconds ?? 0) * 1000) : null,
      behind_seconds: lag.behind_seconds,
      empty_in_seconds: lag.drain_seconds,
    }))
    return {
      data: total === 0 || at.isFirstRun() ? [] : data,
      total_waiting: total,
      sampled: total > 2_000,
      looked_at: Math.min(total, 2_000),
      as_of: at.asOf({}),
    }
  },
  balance: (asked) => ({
    ...fakeBalance(
      at.isUnknown(asked) ? 'unknown' : at.scenario,
      Number(asked.minutes ?? 60),
      at.waiting(asked),
      at.now(),
      at.isFirstRun() ? 0 : (SCALE[asked.tenant ?? ''] ?? 1),
    ),
    as_of: at.asOf(asked),
  }),
})
