import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ANSWER_TIMEOUT_MS, createEventClient, whyUnreachable } from '../client.ts'
import { readCorpus } from '../events/corpus.ts'
import { type EventTemplate, encodeEventBody } from '../events/event-body.ts'
import { CommandError, EXIT_CODE, type ExitCode } from '../exit-code.ts'
import { startProgress } from '../report/progress.ts'
import { readSecret } from '../secret-setting.ts'
import type { Sender } from '../senders.ts'
import { type DemoOptions, parseDemoArgs } from './args.ts'
import { type ReadBackResult, readBack } from './read-back.ts'
import { type DemoEvent, type SendResult, sendAll } from './send-all.ts'
import { readWebhookExamples, toWebhookCorpus } from './webhook-corpus.ts'

/** Longer than a killed processor or database needs to be back. */
const READ_BACK_PATIENCE_MS = 60_000
const MAX_EXAMPLES = 20

const say = (sentence: string) => void process.stderr.write(`${sentence}\n`)

/** Event ids are the same in every run; keys are not, or a second run would be all duplicates. */
function toDemoEvents(templates: readonly EventTemplate[], senders: readonly Sender[], runId: string): DemoEvent[] {
  return templates.map((template, index) => {
    const eventId = `github-webhook-${String(index + 1).padStart(3, '0')}`
    const sender = senders[index % senders.length]
    if (sender === undefined) throw new RangeError('the demo needs at least one key')
    const body = encodeEventBody({ eventId, occurredAt: new Date().toISOString(), template })
    return { sender, key: `demo-${runId}-${eventId}`, eventId, body, template }
  })
}

async function send(events: readonly DemoEvent[], { url, senders }: DemoOptions): Promise<SendResult> {
  await using client = createEventClient({ url, connections: 4 * senders.length, timeoutMs: ANSWER_TIMEOUT_MS })
  let sent = 0
  using progress = startProgress(process.stderr, { line: () => `${sent} of ${events.length} sent` })
  return await sendAll(events, {
    client,
    onWait: (tenantId, seconds) => progress.say(`${tenantId} is at its limit; going on in ${seconds} s (Retry-After)`),
    onProgress: (done) => {
      sent = done
    },
  })
}

async function check({ receipts }: SendResult, adminUrl: URL, adminToken: string | null): Promise<ReadBackResult> {
  let found = 0
  using _ = startProgress(process.stderr, { line: () => `${found} of ${receipts.size} read back` })
  return await readBack(receipts, {
    adminUrl,
    adminToken,
    patienceMs: READ_BACK_PATIENCE_MS,
    onProgress: (now) => {
      found = now
    },
  })
}

async function run(options: DemoOptions, folder: string, adminToken: string | null): Promise<ExitCode> {
  const { url, adminUrl, senders } = options
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'github-webhooks.ndjson')
  writeFileSync(file, toWebhookCorpus(readWebhookExamples()))
  const templates = await readCorpus(file)
  const bytes = templates.map(({ payloadJson }) => Buffer.byteLength(payloadJson))
  say(
    `${file}: ${templates.length} real webhook payloads of GitHub, the largest ${(Math.max(...bytes) / 1e3).toFixed(0)} kB`,
  )

  const unreachable = await whyUnreachable(url, ANSWER_TIMEOUT_MS)
  if (unreachable !== null)
    throw new CommandError(
      `cannot connect to ${url.href} (${unreachable}). Run npm start in another terminal first, or name an address with --url.`,
      EXIT_CODE.cannotConnect,
    )
  say(`Sending each once to ${url.href} as ${senders.map(({ tenantId }) => tenantId).join(', ')} …`)
  const runId = `${Date.now().toString(36)}${randomBytes(2).toString('hex')}`
  const sent = await send(toDemoEvents(templates, senders, runId), options)
  say(`${sent.receipts.size} accepted, ${sent.refused.length} refused. Reading them back from ${adminUrl.href} …`)
  for (const { event, why } of sent.refused.slice(0, MAX_EXAMPLES)) say(`  refused: ${event.eventId} ${why}`)
  const result = await check(sent, adminUrl, adminToken)
  for (const { event, receiptId, what } of result.mismatches.slice(0, MAX_EXAMPLES))
    say(`  differs: ${event.eventId} (receipt ${receiptId}) at ${what}`)
  for (const { eventId } of result.missing.slice(0, MAX_EXAMPLES)) say(`  not found: ${eventId}`)
  sayHowToSee(options, file, adminToken !== null)
  process.stdout.write(`${result.equal} of ${templates.length} webhook payloads stored and equal to what was sent\n`)
  return result.equal === templates.length ? EXIT_CODE.done : EXIT_CODE.failed
}

function sayHowToSee({ adminUrl, senders }: DemoOptions, file: string, withToken: boolean): void {
  const base = adminUrl.href.replace(/\/$/, '')
  const curl = withToken ? 'curl -H "Authorization: Bearer $ADMIN_TOKEN"' : 'curl'
  say(`
See them:
  ${curl} '${base}/admin/events?eventType=github.push&limit=3'
  ${curl} '${base}/admin/event/search?tenant=${senders[0]?.tenantId}&eventId=github-webhook-001'
  ${curl} '${base}/admin/top-event-types'
Use them as load:
  npm run loadgen -- --corpus ${file}
`)
}

async function main(): Promise<ExitCode> {
  if (existsSync('.env')) process.loadEnvFile('.env') // what the environment has already said stays
  const { env } = process
  const parsed = parseDemoArgs(process.argv.slice(2), {
    url: `http://127.0.0.1:${env.INGEST_PORT ?? '8080'}`,
    adminUrl: env.ADMIN_URL || `http://127.0.0.1:${env.ADMIN_PORT ?? '8081'}`,
    keys: readSecret(env, 'API_KEYS'),
  })
  switch (parsed.type) {
    case 'help':
      process.stdout.write(parsed.text)
      return EXIT_CODE.done
    case 'usage_error':
      throw new CommandError(`${parsed.message}\nSee npm run demo -- --help.`, EXIT_CODE.usage)
    case 'run':
      return run(parsed.options, join(env.SLUICE_DATA_DIR || '.sluice', 'demo'), readSecret(env, 'ADMIN_TOKEN'))
    default:
      return parsed satisfies never
  }
}

try {
  process.exitCode = await main()
} catch (error) {
  if (!(error instanceof CommandError)) throw error
  say(`demo: ${error.message}`)
  process.exitCode = error.exitCode
}
