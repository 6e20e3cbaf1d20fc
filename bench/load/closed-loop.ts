// The load client of the saturation benches, a process of its own: so many connections, each with one request under way, as fast as the
// answers come, or as a rate asks for. It writes prepared bytes and looks at status lines only, so that it takes as little of the machine as it can.
//   node bench/load/closed-loop.ts <port> <connections> <seconds> <events a POST> [events a second]
// One JSON line: {"events", "seconds", "refused", "p50_ms", "p99_ms", "p99_9_ms", "max_ms", "cpu_us"}; the times are those of requests, cpu_us is of an event.
import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { createHistogram } from 'node:perf_hooks'

const [port = 0, connections = 64, seconds = 5, batch = 1, rate = Number.POSITIVE_INFINITY] = process.argv
  .slice(2)
  .map(Number)
/** How often what is due is looked for, ms. */
const TICK_MS = 2
const run = randomBytes(4).toString('hex')
const latency = createHistogram()
const ACCEPTED = Buffer.from('HTTP/1.1 202 ')
const HEAD_END = Buffer.from('\r\n\r\n')
const LENGTH = Buffer.from('\r\nContent-Length: ')
/** As after the ten thousandth request of a connection. */
const CLOSE = Buffer.from('\r\nConnection: close')

let requests = 0
let refused = 0
let isOver = false

function eventOf(id: string, number: number): string {
  return `{"event_id":"${id}","event_type":"order.created","schema_version":1,"occurred_at":"2026-01-31T12:00:00Z","payload":{"order":${number},"total":42.5,"items":[{"sku":"A-1","count":2},{"sku":"B-7","count":1}],"note":"left at the door"}}`
}

function bytesOf(number: number): Buffer {
  const id = `${run}-${number}`
  const body =
    batch === 1
      ? eventOf(id, number)
      : Array.from({ length: batch }, (_, nth) => eventOf(`${id}-${nth}`, number)).join('\n')
  const [path, type] = batch === 1 ? ['/events', 'application/json'] : ['/events/batch', 'application/x-ndjson']
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nHost: localhost\r\nX-API-Key: key_a\r\nIdempotency-Key: ${id}\r\nContent-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}

let next = 0

/** Connections without a request under way. */
const idle: (() => void)[] = []

/** At a rate, what could not be sent in time for want of a connection is sent as soon as there is one. */
function sendWhatIsDue(): void {
  const due = ((performance.now() - startedAt) / 1_000) * (rate / batch)
  while (next < due) {
    const send = idle.shift()
    if (send === undefined) return
    next += 1
    send()
  }
}

function open(): void {
  const socket = connect(port, '127.0.0.1')
  socket.setNoDelay(true)
  socket.once('connect', () => drive(socket))
}

function drive(socket: Socket): void {
  let sentAt = 0
  let rest: Buffer = Buffer.alloc(0)
  const send = () => {
    sentAt = performance.now()
    socket.write(bytesOf(next))
  }
  const free = () => {
    if (isOver) return void socket.end()
    idle.push(send)
    sendWhatIsDue()
  }
  socket.on('data', (chunk: Buffer) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    if (!isWhole(bytes)) {
      rest = bytes
      return
    }
    rest = Buffer.alloc(0)
    requests += 1
    if (!bytes.subarray(0, ACCEPTED.length).equals(ACCEPTED)) refused += 1
    latency.record(Math.max(1, Math.round((performance.now() - sentAt) * 1_000)))
    if (!bytes.includes(CLOSE)) return free()
    socket.destroy()
    open()
  })
  socket.on('error', (error) => {
    process.stderr.write(`closed-loop: ${error.message}\n`)
    process.exit(1)
  })
  free()
}

/** Whether a whole answer is there: its head, and as much after it as the head says. */
function isWhole(bytes: Buffer): boolean {
  const end = bytes.indexOf(HEAD_END)
  if (end === -1) return false
  const at = bytes.indexOf(LENGTH)
  const length = Number.parseInt(bytes.toString('latin1', at + LENGTH.length, at + LENGTH.length + 10), 10)
  return bytes.length >= end + HEAD_END.length + length
}

const startedAt = performance.now()
if (rate !== Number.POSITIVE_INFINITY) setInterval(sendWhatIsDue, TICK_MS)
const startedCpu = process.cpuUsage()
setTimeout(() => {
  isOver = true
  const took = (performance.now() - startedAt) / 1_000
  const { user, system } = process.cpuUsage(startedCpu)
  const line = {
    events: requests * batch,
    seconds: took,
    refused,
    p50_ms: latency.percentile(50) / 1_000,
    p99_ms: latency.percentile(99) / 1_000,
    p99_9_ms: latency.percentile(99.9) / 1_000,
    max_ms: latency.max / 1_000,
    cpu_us: (user + system) / Math.max(1, requests * batch),
  }
  process.stdout.write(`${JSON.stringify(line)}\n`, () => process.exit(0))
}, seconds * 1_000)
for (let nth = 0; nth < connections; nth += 1) open()
