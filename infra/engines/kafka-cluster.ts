import { randomBytes } from 'node:crypto'
import { findFreePort } from '@sluice/runtime/free-port'
import type { Engine } from './engine.ts'
import { openBroker } from './kafka-broker.ts'
import { classArchive } from './kafka-class-archive.ts'
import { findKafka } from './kafka-files.ts'
import type { BrokerPlan } from './kafka-properties.ts'
import { makeCertificate, type TestCertificate } from './test-certificate.ts'

export type KafkaBroker = Engine & { readonly nodeId: number; readonly port: number }

export type KafkaCluster = AsyncDisposable & {
  readonly brokers: readonly [KafkaBroker, ...KafkaBroker[]]
  /** As KAFKA_BROKERS wants it. */
  readonly bootstrap: string
  /** The same through the ports that `advertise` gave; null without it. */
  readonly proxiedBootstrap: string | null
  /** The listener with TLS and SASL; null unless asked for. */
  readonly secure: SecureListener | null
}

export type SecureListener = {
  bootstrap: string
  /** PEM file that a client has to trust. */
  caFile: string
  /** For PLAIN; SCRAM users are made with `runKafkaTool('configs', …)`. */
  user: string
  password: string
}

export type KafkaOptions = {
  /** With 3: every topic has three copies, and two have to be in step. */
  brokers?: 1 | 3
  /** For a proxy: called with the port of an extra listener of each broker, it returns the port that the broker advertises there. */
  advertise?: (port: number) => number | Promise<number>
  /** With a listener for TLS and SASL (PLAIN, SCRAM-SHA-256, SCRAM-SHA-512). */
  secure?: boolean
}

/** Three JVMs on a small machine get less; what tests send fits in either. */
const HEAP = { 1: '384m', 3: '320m' } as const

/** Opens real brokers (KRaft, controller in each) on free loopback ports. About 3 s and 300 MB for one, 6 s and 0.9 GB for three. */
export async function openKafka({ brokers = 1, advertise, secure = false }: KafkaOptions = {}): Promise<KafkaCluster> {
  const files = await findKafka()
  const jvm = await classArchive(files)
  await using opened = new AsyncDisposableStack()
  const certificate = secure ? opened.use(await makeCertificate()) : null
  const account = { user: 'sluice', password: randomBytes(9).toString('hex') }
  const plans: BrokerPlan[] = []
  for (let nodeId = 1; nodeId <= brokers; nodeId += 1)
    plans.push(await planBroker(nodeId, { advertise, certificate, account }))

  const cluster = { files, plans, clusterId: randomBytes(16).toString('base64url'), heap: HEAP[brokers], jvm }
  const starts = await Promise.allSettled(plans.map((plan) => openBroker({ ...cluster, plan })))
  const running = starts.flatMap((start, index) => {
    if (start.status === 'rejected') return []
    const { nodeId, port } = plans[index] as BrokerPlan
    return [Object.assign(opened.use(start.value), { nodeId, port })]
  })
  for (const start of starts) if (start.status === 'rejected') throw start.reason

  const life = opened.move()
  const list = (port: (plan: BrokerPlan) => number) => plans.map((plan) => `127.0.0.1:${port(plan)}`).join()
  return {
    brokers: running as [KafkaBroker, ...KafkaBroker[]],
    bootstrap: list(({ port }) => port),
    proxiedBootstrap: advertise === undefined ? null : list(({ proxied }) => proxied?.advertisedPort ?? 0),
    secure:
      certificate === null
        ? null
        : { bootstrap: list(({ secure: listener }) => listener?.port ?? 0), caFile: certificate.caFile, ...account },
    [Symbol.asyncDispose]: () => life.disposeAsync(),
  }
}

type Listeners = {
  advertise: KafkaOptions['advertise']
  certificate: TestCertificate | null
  account: { user: string; password: string }
}

async function planBroker(nodeId: number, { advertise, certificate, account }: Listeners): Promise<BrokerPlan> {
  const plan: BrokerPlan = { nodeId, port: await findFreePort(), controllerPort: await findFreePort() }
  if (advertise !== undefined) {
    const port = await findFreePort()
    plan.proxied = { port, advertisedPort: await advertise(port) }
  }
  if (certificate !== null)
    plan.secure = { port: await findFreePort(), keyFile: certificate.keyAndCertificateFile, ...account }
  return plan
}
