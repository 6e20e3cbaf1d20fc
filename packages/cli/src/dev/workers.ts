import type { PartSpec } from './parts.ts'

/** One process of a part; a part may run several times behind one port. */
export type WorkerSpec = PartSpec & {
  /** The part that it is one of: the ports are known under this name. */
  part: string
  /** From 0. */
  nth: number
  /** It shares the part's port with its like, and answers for itself on one of its own. */
  isOneOfSeveral: boolean
}

/**
 * The processes to start: each part once, ingest as often as `ingestWorkers` says. The first keeps the part's name, so that what people type goes on to work;
 * the others are `ingest-2`, `ingest-3` and so on.
 */
export function workersOf(specs: readonly PartSpec[], ingestWorkers: number): WorkerSpec[] {
  return specs.flatMap((spec) => {
    const count = spec.operationsPortSetting === undefined ? 1 : ingestWorkers
    return Array.from({ length: count }, (_, nth) => ({
      ...spec,
      name: nth === 0 ? spec.name : `${spec.name}-${nth + 1}`,
      part: spec.name,
      nth,
      isOneOfSeveral: count > 1,
    }))
  })
}
