import { loader, matching, oneOf, timeParameter } from './query-parameters.ts'

/** How far back charts and sums reach. */
export const RANGES = ['15m', '1h', '6h', '24h'] as const
export type Range = (typeof RANGES)[number]
export const RANGE_MINUTES: Record<Range, number> = { '15m': 15, '1h': 60, '6h': 360, '24h': 1_440 }

/** Seconds between two refreshes; 0 is off. */
export const INTERVALS = ['2', '5', '15', '60', '0'] as const
export type Interval = (typeof INTERVALS)[number]

/** What every page has; its own stand beside the page. A value that is not known falls back, never throws. */
export const viewParams = {
  tenant: matching(/^[A-Za-z0-9_-]{1,64}$/),
  range: oneOf(RANGES).withDefault('1h'),
  every: oneOf(INTERVALS).withDefault('2'),
}

/** Of a page with charts: the part of the range that is looked at. */
export const overviewParams = { ...viewParams, from: timeParameter, to: timeParameter }

export const loadView = loader(viewParams)
export const loadOverview = loader(overviewParams)
