import { StoreUnavailableError } from '@sluice/event-store/store-errors'
import { GateUnavailableError } from '@sluice/gate'

/** Null when the engine that knows is away: the numbers are then unknown, and the rest is answered all the same. */
export async function orUnknown<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading
  } catch (error) {
    if (error instanceof StoreUnavailableError || error instanceof GateUnavailableError) return null
    throw error
  }
}
