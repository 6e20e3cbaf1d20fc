import { Command } from 'commander'
import { type NotRun, parseBaseUrl, parseCommand } from '../parse-command.ts'
import { DEMO_KEYS, parseKeys, type Sender } from '../senders.ts'

export type DemoOptions = { url: URL; adminUrl: URL; senders: readonly Sender[] }

export type ParsedDemoArgs = { type: 'run'; options: DemoOptions } | NotRun

export type DemoDefaults = { url: string; adminUrl: string; keys: string | null }

const EXAMPLES = `Examples:
  npm start                       in one terminal
  npm run demo                    in another
  npm run demo -- --url http://127.0.0.1:9080 --admin-url http://127.0.0.1:9081
`

/** Reads the arguments of the demo. Pure. */
export function parseDemoArgs(argv: readonly string[], defaults: DemoDefaults): ParsedDemoArgs {
  const demo = new Command('npm run demo --')
    .description('Sends real webhook payloads of GitHub through Sluice, reads them back and compares.')
    .addHelpText('beforeAll', EXAMPLES)
    .option('--url <address>', 'where ingest answers', defaults.url)
    .option('--admin-url <address>', 'where the Admin API answers', defaults.adminUrl)
    .option('--keys <pairs>', 'tenant:key,tenant:key (default: API_KEYS, else the demo keys of sluice dev)')
  const notRun = parseCommand(demo, argv)
  if (notRun !== null) return notRun
  const flags = demo.opts<{ url: string; adminUrl: string; keys?: string }>()
  try {
    const senders = parseKeys(flags.keys ?? defaults.keys ?? DEMO_KEYS)
    const url = parseBaseUrl('--url', flags.url)
    return { type: 'run', options: { url, adminUrl: parseBaseUrl('--admin-url', flags.adminUrl), senders } }
  } catch (error) {
    if (error instanceof RangeError) return { type: 'usage_error', message: error.message }
    throw error
  }
}
