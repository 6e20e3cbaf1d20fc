import { DEMO_API_KEYS } from '@sluice/contract/demo-keys'
import type { Addresses } from './compose-stack.ts'

export type BannerFacts = {
  /** By process, in the order of the list; only those that run. */
  addresses: ReadonlyMap<string, Addresses>
  /** Parts that are still on their way. */
  late: readonly string[]
  databaseText: string
  /** Null: the log is in the database. */
  kafkaBrokers: string | null
  usesRedis: boolean
  usesDemoKeys: boolean
  hasAdminToken: boolean
  tookMs: number
  /** Makes the example's key one that this stack has not seen. */
  exampleId: string
  now: Date
}

/** What is printed once everything is ready: where things are, and two commands to paste that show an event come in and arrive. */
export function readyBanner(facts: BannerFacts): string {
  const { addresses, late, databaseText, usesDemoKeys, hasAdminToken, tookMs } = facts
  const processes = [...addresses].map(
    ([name, { origin, ofItself }]) =>
      `  ${name.padEnd(10)} ${origin}${ofItself === null ? '' : `   its own health and metrics: ${ofItself}`}${late.includes(name) ? '   still starting: a line says when it is ready' : ''}`,
  )
  const keys = usesDemoKeys
    ? `demo keys: ${DEMO_API_KEYS.split(',')
        .map((pair) => `${pair.split(':').reverse().join(' (')})`)
        .join(', ')}`
    : 'keys: as in API_KEYS'
  const lines = [
    '',
    `Sluice is ready (${(tookMs / 1000).toFixed(1)} s)`,
    '',
    ...processes,
    `  ${'postgres'.padEnd(10)} ${databaseText}`,
    ...(facts.kafkaBrokers === null ? [] : [`  ${'kafka'.padEnd(10)} ${facts.kafkaBrokers}`]),
    ...(facts.usesRedis ? [`  ${'redis'.padEnd(10)} as in REDIS_ADDR`] : []),
    `  ${keys}`,
    ...(hasAdminToken ? [] : ['  no ADMIN_TOKEN is set: admin and dashboard listen on loopback only']),
    ...example(facts),
    'Ctrl-C stops all. Another terminal: npx sluice dev status, npx sluice dev stop processor, npx sluice dev start processor',
    '',
  ]
  return `${lines.join('\n')}\n`
}

function example({ addresses, usesDemoKeys, hasAdminToken, exampleId, now }: BannerFacts): string[] {
  const [ingest, admin] = [addresses.get('ingest')?.origin, addresses.get('admin')?.origin]
  if (ingest === undefined || admin === undefined) return ['']
  const event = {
    event_id: exampleId,
    event_type: 'order.created',
    schema_version: 1,
    occurred_at: now.toISOString(),
    payload: { order: 1001, total: 42.5 },
  }
  const key = usesDemoKeys ? "'X-API-Key: key_a'" : '"X-API-Key: $YOUR_KEY"'
  const tenant = usesDemoKeys ? 'tenant_a' : 'YOUR_TENANT'
  const token = hasAdminToken ? ' -H "Authorization: Bearer $ADMIN_TOKEN"' : ''
  return [
    '',
    'Post an event (again: it is told as a duplicate):',
    '',
    `  curl -i ${ingest}/events -H ${key} -H 'Idempotency-Key: ${exampleId}' -H 'Content-Type: application/json' -d '${JSON.stringify(event)}'`,
    '',
    'See where it is:',
    '',
    `  curl${token} '${admin}/admin/event/search?tenant=${tenant}&eventId=${exampleId}'`,
    '',
  ]
}
