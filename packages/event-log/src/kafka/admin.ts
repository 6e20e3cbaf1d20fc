import { Admin } from '@platformatic/kafka'
import { clientOptions, ignoreErrorsOf, type KafkaConnection } from './connection.ts'

/** A client for questions: one try again, as whoever asks has a time limit of its own. */
export function openAdmin(connection: KafkaConnection, clientId: string): Admin {
  const admin = new Admin({
    ...clientOptions(connection, clientId),
    retries: 1,
    retryDelay: 100,
    requestTimeout: 1_500,
    timeout: 1_500,
  })
  ignoreErrorsOf(admin)
  return admin
}
