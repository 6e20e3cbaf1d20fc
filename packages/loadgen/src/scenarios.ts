import type { Stretch } from './schedule.ts'

/** What a scenario says where the command line says nothing; the flags' names in camelCase, their values as typed. */
export type ScenarioFlags = Partial<
  Record<'rps' | 'duplicateRate' | 'conflictRate' | 'badRate' | 'edgeRate' | 'payloadBytes' | 'hotKeys', string>
>

export type Scenario = {
  about: string
  flags: ScenarioFlags
  /** The stretches of a run at `rate` over `durationMs`; absent: the same rate all along. */
  profile?: (rate: number, durationMs: number) => Stretch[]
  /** Share of the first tenant, each other one having 1. */
  firstShare?: number
  /** Repeats come in storms: so many events after each other repeat one event, at once. */
  stormEvents?: number
}

const steadyMix = { duplicateRate: '0.05', conflictRate: '0.01', badRate: '0.02' } as const

/** Runs that people ask for by name. Every flag on the command line wins over them. */
export const SCENARIOS = {
  steady: { about: 'the usual mix: 5 % repeats, 1 % conflicts, 2 % bad events', flags: steadyMix },
  spike: {
    about: 'the usual mix, five times the rate during the middle fifth',
    flags: steadyMix,
    profile: (rate, durationMs) => [
      { durationMs: durationMs * 0.4, fromRate: rate, toRate: rate },
      { durationMs: durationMs * 0.2, fromRate: rate * 5, toRate: rate * 5 },
      { durationMs: durationMs * 0.4, fromRate: rate, toRate: rate },
    ],
  },
  'dup-storm': {
    about: 'most events repeat another one, many of them while the first is under way',
    flags: { duplicateRate: '0.7', conflictRate: '0.05' },
    stormEvents: 25,
  },
  poison: {
    about: 'half of the events are bad, a fifth is refused at the door',
    flags: { badRate: '0.5', edgeRate: '0.2' },
  },
  'noisy-tenant': {
    about: 'the first tenant sends twenty times as much as each other one',
    flags: steadyMix,
    firstShare: 20,
  },
  'big-events': {
    about: 'events of 32 to 250 kB',
    flags: { ...steadyMix, rps: '2', payloadBytes: '32k-250k' },
  },
} as const satisfies Record<string, Scenario>

export type ScenarioName = keyof typeof SCENARIOS

export const isScenarioName = (name: string): name is ScenarioName => Object.hasOwn(SCENARIOS, name)

/** A scenario with all that it may say. */
export const scenarioOf = (name: ScenarioName): Scenario => SCENARIOS[name]
