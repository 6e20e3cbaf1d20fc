import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { scanObject } from '@sluice/contract/i-json'
import type { FakeIngest, SeenRequest } from './fake-ingest.ts'

/** Smaller than what is asked for, so that a reader must follow the cursor. */
const PAGE_SIZE = 100

/** Answers `GET /admin/events`, newest first, with what the ingest saw; `store` may change what is kept, or keep nothing. */
export async function startFakeAdmin(
  t: TestContext,
  {
    ingest,
    token = null,
    store = (payload) => payload,
  }: {
    ingest: FakeIngest
    token?: string | null
    store?: (payload: string, index: number) => string | null
  },
): Promise<string> {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://admin')
    if (url.pathname !== '/admin/events') return void response.writeHead(404).end()
    if (token !== null && request.headers.authorization !== `Bearer ${token}`) return void response.writeHead(401).end()
    const rows = ingest.seen.map((seen) => toRow(seen, store)).filter((row) => row !== null)
    const from = Number(url.searchParams.get('cursor') ?? 0)
    const next = from + PAGE_SIZE < rows.length ? `"${from + PAGE_SIZE}"` : 'null'
    const page = rows.reverse().slice(from, from + PAGE_SIZE)
    response.end(`{"data":[${page.join(',')}],"next_cursor":${next}}`)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function toRow(seen: SeenRequest, store: (payload: string, index: number) => string | null): string | null {
  const bytes = Buffer.from(seen.body)
  const scan = scanObject(bytes)
  if (!scan.ok) return null
  const textOf = (wanted: string) => {
    const member = scan.members.find(({ name }) => name === wanted)
    return member === undefined ? 'null' : bytes.toString('utf8', member.start, member.end)
  }
  const payload = store(textOf('payload'), seen.index)
  if (payload === null) return null
  const row = {
    receipt_id: JSON.stringify(`r-${seen.index}`),
    tenant_id: JSON.stringify(seen.apiKey.replace('key', 'tenant')),
    idempotency_key: JSON.stringify(seen.key),
    event_id: textOf('event_id'),
    event_type: textOf('event_type'),
    payload,
  }
  return `{${Object.entries(row)
    .map(([name, value]) => `"${name}":${value}`)
    .join(',')}}`
}
