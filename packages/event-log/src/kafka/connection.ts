import type { Base, BaseOptions } from '@platformatic/kafka'

/** How brokers are reached, and as whom. */
export type KafkaConnection = {
  /** `host:port` of some brokers; they name the others. */
  brokers: readonly string[]
  /** Null: plain TCP. `ca`: PEM text of who may sign the brokers' certificates; null: those that Node trusts. */
  tls: { ca: string | null } | null
  sasl: { mechanism: SaslMechanism; username: string; password: string } | null
}

export const SASL_MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const
export type SaslMechanism = (typeof SASL_MECHANISMS)[number]

/** A broker on the way to the other end of a continent connects in a third of this; a dead one is not worth more. */
const CONNECT_TIMEOUT_MS = 1_000

/** What every client of ours has in common. Their own defaults wait for up to half a minute. */
export function clientOptions({ brokers, tls, sasl }: KafkaConnection, clientId: string): BaseOptions {
  return {
    clientId,
    bootstrapBrokers: [...brokers],
    connectTimeout: CONNECT_TIMEOUT_MS,
    autocreateTopics: false,
    ...(tls === null ? {} : { tls: tls.ca === null ? {} : { ca: tls.ca } }),
    ...(sasl === null ? {} : { sasl: { ...sasl } }),
  }
}

/**
 * Says nothing of the errors of a client and of its connections: each request says itself what became of it. A connection that is reset
 * during its login emits two, and the library listens to one; without a listener the other one would end the process.
 */
export function ignoreErrorsOf(client: Base): void {
  client.on('error', () => {})
  ignoreConnectionErrorsOf(client)
}

/** The same, where the client's own errors are heeded. */
export function ignoreConnectionErrorsOf({ connections }: Pick<Base, 'connections'>): void {
  connections.on('connecting', ({ connection }) => connection.on('error', () => {}))
}
