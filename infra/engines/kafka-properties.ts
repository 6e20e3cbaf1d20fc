/** What differs between brokers of one cluster. */
export type BrokerPlan = {
  /** 1 to the number of brokers. */
  nodeId: number
  port: number
  controllerPort: number
  /** A second listener, which tells clients to come back through another port: that of a test's proxy. */
  proxied?: { port: number; advertisedPort: number }
  /** A listener with TLS and SASL. */
  secure?: { port: number; keyFile: string; user: string; password: string }
}

/** `server.properties` of one broker. Pure. The values are for tests: short sessions, no waiting for members, few partitions. */
export function kafkaProperties(plan: BrokerPlan, all: readonly BrokerPlan[], dataDir: string): string {
  const copies = String(all.length)
  // A majority: with three brokers one may be away.
  const inSync = String(all.length > 1 ? 2 : 1)
  const listeners = [
    { name: 'PLAINTEXT', port: plan.port, advertised: plan.port, protocol: 'PLAINTEXT' },
    { name: 'CONTROLLER', port: plan.controllerPort, advertised: null, protocol: 'PLAINTEXT' },
    ...(plan.proxied
      ? [{ name: 'PROXIED', port: plan.proxied.port, advertised: plan.proxied.advertisedPort, protocol: 'PLAINTEXT' }]
      : []),
    ...(plan.secure
      ? [{ name: 'SECURE', port: plan.secure.port, advertised: plan.secure.port, protocol: 'SASL_SSL' }]
      : []),
  ]
  const address = (name: string, port: number) => `${name}://127.0.0.1:${port}`
  const properties: Record<string, string> = {
    'process.roles': 'broker,controller',
    'node.id': String(plan.nodeId),
    'controller.quorum.voters': all.map(({ nodeId, controllerPort }) => `${nodeId}@127.0.0.1:${controllerPort}`).join(),
    listeners: listeners.map(({ name, port }) => address(name, port)).join(),
    'advertised.listeners': listeners
      .flatMap(({ name, advertised }) => (advertised === null ? [] : [address(name, advertised)]))
      .join(),
    'listener.security.protocol.map': listeners.map(({ name, protocol }) => `${name}:${protocol}`).join(),
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': dataDir,
    'auto.create.topics.enable': 'false',
    'default.replication.factor': copies,
    'min.insync.replicas': inSync,
    'offsets.topic.replication.factor': copies,
    'offsets.topic.num.partitions': '1',
    'transaction.state.log.replication.factor': copies,
    'transaction.state.log.min.isr': inSync,
    'transaction.state.log.num.partitions': '1',
    'share.coordinator.state.topic.replication.factor': copies,
    'share.coordinator.state.topic.min.isr': inSync,
    'group.initial.rebalance.delay.ms': '0',
    'group.min.session.timeout.ms': '1000',
    // How long a killed broker counts as present: its restart waits for that, 5.5 s instead of 14 s with the default of 9 s.
    'broker.session.timeout.ms': '3000',
    'broker.heartbeat.interval.ms': '500',
    ...(plan.secure ? secureProperties(plan.secure) : {}),
  }
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}

function secureProperties({ keyFile, user, password }: NonNullable<BrokerPlan['secure']>): Record<string, string> {
  const module = (name: string, options: string) => `org.apache.kafka.common.security.${name} required ${options};`
  const scram = module('scram.ScramLoginModule', '')
  return {
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': keyFile,
    'listener.name.secure.sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    'listener.name.secure.plain.sasl.jaas.config': module('plain.PlainLoginModule', `user_${user}="${password}"`),
    'listener.name.secure.scram-sha-256.sasl.jaas.config': scram,
    'listener.name.secure.scram-sha-512.sasl.jaas.config': scram,
  }
}
