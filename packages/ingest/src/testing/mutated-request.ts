import { gzipSync } from 'node:zlib'
import type { SeededRandom } from '@sluice/runtime/testing/seeded-random'
import { EVENT, MAX_EVENT_BYTES } from './open-ingest.ts'

/** Bodies to start from: valid events, and what is nearly one. */
const BODIES: readonly string[] = [
  EVENT,
  '{}',
  '{"event_id":"e\\ud83d\\ude00","payload":{"a":[1,2.5e-3,{"b":null}],"c":"\\u00e9é"}}',
  ` {"payload":{"deep":${'['.repeat(29)}${']'.repeat(29)}}} `,
  '{"__proto__":{"x":1},"constructor":{"prototype":2},"payload":{}}',
  `{"payload":{"x":"${'x'.repeat(MAX_EVENT_BYTES - 24)}"}}`,
]

/** CloudEvents whose source and id together are the key that the head names, should that be lost. */
const cloudEvent = (nth: number) =>
  `{"specversion":"1.0","id":"${nth}","source":"k","type":"t","dataschema":"/v2","partitionkey":"p","data":{"n":1.10},"x":null}`
const cloudHeaders = (nth: number) => [
  ...['ce-specversion: 1.0', `ce-id: ${nth}`, 'ce-source: k', 'ce-type: t', 'ce-subject: a%20b'],
]

/** What readers of JSON, UTF-8 and HTTP have stumbled over. */
const BODY_TOKENS: readonly (string | number[])[] = [
  ...['{', '}', '[', ']', '"', ':', ',', '\\', '/', ' ', '\t', '\r\n', '\u0000', '\ufeff', '\u2028', '0', '-', '.'],
  ...['e400', '1e131071', '1e-400', '12345678901234567890', 'NaN', 'true', 'nul', '\\u0000', '\\ud800', '\\udc00'],
  ...['"__proto__":1,', '"a":1,"a":2,', '"\\u0061":1,', '{"a":'.repeat(40), '['.repeat(500), '0'.repeat(600)],
  ...['0\r\n\r\n', 'POST /events HTTP/1.1\r\n'],
  ...[[0xc0, 0xaf], [0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xff], [0xe2, 0x82]],
]

const HEAD_LINES: readonly string[] = [
  ...['Content-Length: 5', 'Content-Length: 0x5', 'Content-Length: -1', 'Transfer-Encoding: chunked'],
  ...['Transfer-Encoding: xchunked', 'Transfer-Encoding: gzip, chunked', 'Expect: 100-continue', 'Expect: 417'],
  ...['Connection: close', 'Connection: upgrade', 'Upgrade: websocket', 'HTTP2-Settings: x', 'TE: trailers'],
  ...['X-API-Key: key_a', 'X-API-Key: key_b', 'Authorization: Bearer key_a', 'Idempotency-Key: twice'],
  ...['X-Partition-Key: p', 'X-Partition-Key: ', 'Prefer: handling=strict', 'Prefer: handling=strict;;,"'],
  ...['Content-Encoding: gzip', 'Content-Encoding: br', 'Content-Type: text/plain', 'Content-Type: application/json'],
  ...['ce-specversion: 1.0', 'ce-id: "\\"', 'ce-time: %', 'ce-schemaversion: 1e9', 'ce-__proto__: x', 'ce-: y'],
  ...[
    'Content-Type: application/cloudevents+json',
    '__proto__: x',
    'constructor: y',
    'X-Request-Id: r',
    'X-Request-Id: <script>',
    'traceparent: 00-x',
    'Host: y',
  ],
  ...[' folded', 'no colon', ': no name', 'Bad Name: x', 'X: \u0000', 'X: é', `X: ${'y'.repeat(9_000)}`, 'Cookie: a=b'],
]
const METHODS = ['POST', 'POST', 'POST', 'post', 'GET', 'PUT', 'HEAD', 'OPTIONS', 'CONNECT', 'PRI', 'TRACE', 'QUERY']
const TARGETS = ['/events', '/events?x=1', '/events/', '//events', '/EVENTS', 'http://x/events', '*', '/%65vents', '']
const VERSIONS = ['HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/0.9', 'HTTQ/1.1']
const LINE_ENDS = ['\n', '\r', '\r\n\r\n', '\u0000\r\n']

/** The bytes of a request that is wrong in one way or a few, or happens to be right. */
export function mutatedRequest(random: SeededRandom, nth: number): Buffer {
  const isCloudEvent = random.once(4)
  let body: Buffer = mutatedBody(random, Buffer.from(isCloudEvent ? cloudEvent(nth) : random.pick(BODIES)))
  const mediaType = isCloudEvent ? 'application/cloudevents+json' : 'application/json'
  const lines = [`Host: x`, 'X-API-Key: key_a', `Content-Type: ${mediaType}`, `Idempotency-Key: k${nth}`]
  if (random.once(4)) lines.push(...cloudHeaders(nth))
  if (random.once(8)) {
    body = gzipSync(body)
    if (random.once(2)) body = mutatedBody(random, body)
    lines.push('Content-Encoding: gzip')
  }
  const bytes = random.once(30) ? body.length + random.below(9) - 4 : body.length
  if (random.once(8)) {
    lines.push('Transfer-Encoding: chunked')
    body = chunked(random, body)
  } else lines.push(`Content-Length: ${bytes}`)
  const target = random.once(6)
    ? `${random.pick(METHODS)} ${random.pick(TARGETS)} ${random.pick(VERSIONS)}`
    : 'POST /events HTTP/1.1'
  if (random.once(3)) mutateLines(random, lines)
  let head: Buffer = Buffer.from(`${[target, ...lines].join('\r\n')}\r\n\r\n`, 'latin1')
  if (random.once(6)) head = mutatedBytes(random, head)
  return Buffer.concat([head, body])
}

function mutatedBody(random: SeededRandom, body: Buffer): Buffer {
  let mutated = body
  for (let changes = random.below(4); changes > 0; changes -= 1) {
    if (random.once(2)) mutated = mutatedBytes(random, mutated)
    else {
      const at = random.below(mutated.length + 1)
      const token = Buffer.from(random.pick(BODY_TOKENS) as string)
      mutated = Buffer.concat([mutated.subarray(0, at), token, mutated.subarray(at)])
    }
  }
  return mutated
}

/** Another byte, a part lost, or a part twice. */
function mutatedBytes(random: SeededRandom, bytes: Buffer): Buffer {
  const at = random.below(bytes.length + 1)
  const until = Math.min(bytes.length, at + random.below(20))
  switch (random.below(3)) {
    case 0: {
      const changed = Buffer.from(bytes)
      if (at < changed.length) changed[at] = random.below(256)
      return changed
    }
    case 1:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(until)])
    default:
      return Buffer.concat([bytes.subarray(0, until), bytes.subarray(at)])
  }
}

function mutateLines(random: SeededRandom, lines: string[]): void {
  for (let changes = 1 + random.below(3); changes > 0; changes -= 1) {
    const at = random.below(lines.length + 1)
    if (random.once(4)) lines.splice(at, 1)
    else if (random.once(6)) lines[at] = `${lines[at] ?? ''}${random.pick(LINE_ENDS)}`
    else lines.splice(at, 0, random.pick(HEAD_LINES))
  }
}

function chunked(random: SeededRandom, body: Buffer): Buffer {
  const cut = random.below(body.length + 1)
  const parts = [body.subarray(0, cut), body.subarray(cut)].filter((part) => part.length > 0)
  const size = (part: Buffer) => (part.length + (random.once(30) ? 1 : 0)).toString(16)
  const extension = random.once(20) ? `;${'e'.repeat(random.below(50))}` : ''
  const ending = random.once(20) ? '0\r\nX-API-Key: key_b\r\n\r\n' : '0\r\n\r\n'
  return Buffer.concat([
    ...parts.flatMap((part) => [Buffer.from(`${size(part)}${extension}\r\n`), part, Buffer.from('\r\n')]),
    Buffer.from(ending),
  ])
}
