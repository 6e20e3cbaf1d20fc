// The floor under ingest: node:http that reads the body and answers the bytes that ingest answers, and nothing else. Prints its port.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const RECEIPT = '019a0000-0000-7000-8000-000000000001'
const ANSWER = `{"status":"accepted","duplicate":false,"receipt_id":"${RECEIPT}","request_id":"019a0000-0000-7000-8000-000000000002"}`
const HEADERS = [
  ...['Cache-Control', 'no-store', 'X-Request-Id', '019a0000-0000-7000-8000-000000000002'],
  ...['Content-Type', 'application/json', 'Location', `/receipts/${RECEIPT}`],
  ...['RateLimit', '"default";r=999999;t=60', 'RateLimit-Policy', '"default";q=1000000;w=60'],
  ...['Content-Length', String(ANSWER.length)],
]

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.once('end', () => response.writeHead(202, HEADERS).end(ANSWER))
})
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`))
