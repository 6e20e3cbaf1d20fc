import { CLIENT_REFUSED, faultsOf } from './kafka-errors.ts'

/**
 * The errors with which a broker says that this try of a produce request wrote nothing. All others leave it open:
 * NOT_ENOUGH_REPLICAS_AFTER_APPEND and REQUEST_TIMED_OUT come after writing, OUT_OF_ORDER_SEQUENCE_NUMBER and the like
 * speak of an earlier try.
 */
const NOTHING_WRITTEN: ReadonlySet<string> = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_TOPIC_EXCEPTION',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'UNKNOWN_TOPIC_ID',
  'NOT_LEADER_OR_FOLLOWER',
  'LEADER_NOT_AVAILABLE',
  'FENCED_LEADER_EPOCH',
  'NOT_ENOUGH_REPLICAS',
  'TOPIC_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'INVALID_REQUIRED_ACKS',
  'UNSUPPORTED_FOR_MESSAGE_FORMAT',
  'CORRUPT_MESSAGE',
  'INVALID_RECORD',
  'INVALID_TIMESTAMP',
  'POLICY_VIOLATION',
])

/** What a failed send was: provably nothing of it is in the log, or nobody knows. */
export type AppendFault = 'too_large' | 'topic_gone' | 'not_written' | 'unknown'

/**
 * Classifies the error of a send. In doubt `unknown`: a first try may have been written though a later one says that it
 * was not, and the client forgets earlier errors when it starts over.
 * @param retried whether anything was tried again while the send was under way
 */
export function classifyAppendFault(error: unknown, retried: boolean): AppendFault {
  if (retried) return 'unknown'
  const faults = faultsOf(error)
  if (faults.every(({ apiId }) => apiId === 'MESSAGE_TOO_LARGE' || apiId === 'RECORD_LIST_TOO_LARGE'))
    return 'too_large'
  if (faults.every(({ apiId, code }) => apiId === null && code === CLIENT_REFUSED)) return 'topic_gone'
  if (faults.every(({ apiId }) => apiId === 'UNKNOWN_TOPIC_OR_PARTITION' || apiId === 'UNKNOWN_TOPIC_ID'))
    return 'topic_gone'
  return faults.every(({ apiId }) => apiId !== null && NOTHING_WRITTEN.has(apiId)) ? 'not_written' : 'unknown'
}
