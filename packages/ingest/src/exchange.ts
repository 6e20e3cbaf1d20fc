import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Keyring } from '@sluice/gate/keyring'
import type { WrongKeyThrottle } from '@sluice/gate/wrong-key-throttle'
import type { Clock } from '@sluice/runtime/clock'
import { resolveRequestId } from '@sluice/runtime/request-id'
import type { Acceptance, ArrivedEvent } from './accept-events.ts'
import { type ContentCoding, contentCodingOf, maxEncodedBytes } from './content-coding.ts'
import {
  type Answer,
  KEYS_AWAY,
  LOG_AWAY,
  OVERLOADED,
  rateLimitPolicy,
  TOO_MANY_WRONG_KEYS,
  toProblem,
  UNAUTHENTICATED,
} from './event-answers.ts'
import type { InFlightBytes } from './in-flight-bytes.ts'
import type { EventsRoute, IngestMetrics } from './ingest-metrics.ts'
import type { LogBreaker } from './log-breaker.ts'
import type { MicroBatcher } from './micro-batcher.ts'
import { readBody } from './read-body.ts'
import {
  apiKeyOf,
  type DistinctHeaders,
  declaredBytes,
  distinctHeadersOf,
  type Refusal,
  refuseMedia,
} from './request-head.ts'
import { unpackGzip } from './unpack-gzip.ts'

/** What the endpoints that take events are made of. */
export type EventsEndpointParts = {
  keyring: Keyring
  throttle: WrongKeyThrottle
  inFlight: InFlightBytes
  breaker: Pick<LogBreaker, 'isOpen'>
  batcher: Pick<MicroBatcher<ArrivedEvent, Acceptance>, 'submit'>
  metrics: Pick<IngestMetrics, 'answered' | 'itemRefused'>
  clock: Clock
  ratePerMin: number
  maxEventBytes: number
}

/** How one route takes events. */
export type Intake = {
  route: EventsRoute
  /** Media types of its body, without parameters. */
  mediaTypes: readonly string[]
  /** Bytes that the body may have, unpacked. */
  maxBytes: number
  /** What is said of a larger one. */
  tooLarge: Refusal
  /** Called once with the whole body, unpacked, of a sender whose head was in order. */
  take(exchange: Exchange, body: Buffer, sender: Sender): void
}

export type Sender = { headers: DistinctHeaders; tenantId: string; requestId: string }

/** Takes the checks in the order of docs/http-api.md; the first failure answers. */
export function handle(
  parts: EventsEndpointParts,
  intake: Intake,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const exchange = new Exchange(parts, intake, request, response)
  const refusal = exchange.refuseHead()
  if (refusal !== null) exchange.refuse(refusal)
  else exchange.readBody()
}

/**
 * One request with events, on bare node:http: this is the hot path. Holds its reserved bytes until the answer is written or the
 * sender is gone, but never less long than a micro-batch holds the body: senders that leave early would else fill the memory past
 * the cap.
 */
export class Exchange {
  readonly #parts: EventsEndpointParts
  readonly #intake: Intake
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #headers: DistinctHeaders
  readonly #requestId: string
  readonly #startMs = performance.now()
  #tenantId: string | null = null
  #coding: ContentCoding = 'identity'
  #reservedBytes = 0
  /** Events of this request that a micro-batch holds. */
  #underWay = 0

  constructor(parts: EventsEndpointParts, intake: Intake, request: IncomingMessage, response: ServerResponse) {
    this.#parts = parts
    this.#intake = intake
    this.#request = request
    this.#response = response
    this.#headers = distinctHeadersOf(request)
    this.#requestId = resolveRequestId(request)
  }

  /** Everything that can be told without the body. Reserves the body's bytes when it finds nothing. */
  refuseHead(): Refusal | null {
    const { breaker, inFlight, throttle } = this.#parts
    const { maxBytes, mediaTypes } = this.#intake
    const media = refuseMedia(this.#headers, mediaTypes)
    if (media !== null) return media
    this.#coding = contentCodingOf(this.#headers) ?? 'identity'
    const declared = declaredBytes(this.#headers)
    if (declared !== null && declared > maxEncodedBytes(this.#coding, maxBytes)) return this.#intake.tooLarge
    const address = this.#request.socket.remoteAddress ?? ''
    if (!throttle.allows(address)) return TOO_MANY_WRONG_KEYS
    const unknown = this.#authenticate(address)
    if (unknown !== null) return unknown
    if (breaker.isOpen()) return LOG_AWAY
    // What is not known beforehand counts as the most that may come of it.
    const bytes = this.#coding === 'gzip' ? maxBytes : (declared ?? maxBytes)
    if (!inFlight.reserve(bytes)) return OVERLOADED
    this.#reservedBytes = bytes
    this.#response.once('close', () => this.#release())
    return null
  }

  #authenticate(address: string): Refusal | null {
    const { throttle, keyring } = this.#parts
    const apiKey = apiKeyOf(this.#headers)
    this.#tenantId = apiKey === null ? null : keyring.tenantOf(apiKey)
    if (this.#tenantId !== null) return null
    // Told 401, a producer whose key we have not read yet would give its event up for good.
    if (apiKey !== null && !keyring.isComplete()) return KEYS_AWAY
    throttle.recordWrongKey(address)
    return UNAUTHENTICATED
  }

  readBody(): void {
    const { maxBytes, tooLarge } = this.#intake
    readBody(this.#request, maxEncodedBytes(this.#coding, maxBytes), {
      onTooLarge: () => this.refuse(tooLarge),
      onWhole: (body) => {
        if (!this.#response.writableEnded) this.#unpack(body)
      },
    })
    // A sender that goes away in the middle of its body: nothing was taken in, and `close` frees the reserved bytes.
    this.#request.once('error', () => this.#response.destroy())
  }

  #unpack(encoded: Buffer): void {
    const { maxBytes, tooLarge } = this.#intake
    const body = this.#coding === 'gzip' ? unpackGzip(encoded, maxBytes, tooLarge) : encoded
    if ('code' in body) {
      this.refuse(body)
      return
    }
    // Gives back what was reserved and did not come.
    this.#keepReserved(body.length)
    const sender = { headers: this.#headers, tenantId: this.#tenantId ?? '', requestId: this.#requestId }
    this.#intake.take(this, body, sender)
  }

  /** Hands an event to the micro-batches. The body's bytes stay reserved until it is settled. */
  submit(event: ArrivedEvent, settle: (acceptance: Acceptance) => void): void {
    this.#underWay += 1
    this.#parts.batcher.submit({
      item: event,
      bytes: event.body.length,
      settle: (acceptance) => {
        this.#underWay -= 1
        settle(acceptance)
        if (this.#response.closed) this.#release()
      },
    })
  }

  refuse(refusal: Refusal): void {
    this.write(toProblem(refusal, this.#requestId))
  }

  write(answer: Answer): void {
    const { ratePerMin, metrics } = this.#parts
    // Gone, or answered for us when the process leaves.
    if (this.#response.destroyed || this.#response.writableEnded) return
    metrics.answered(this.#intake.route, answer, (performance.now() - this.#startMs) / 1000)
    const headers = ['Cache-Control', 'no-store', 'X-Request-Id', this.#requestId, ...answer.headers]
    headers.push('Content-Length', String(Buffer.byteLength(answer.body)))
    if (this.#tenantId !== null) headers.push(...rateLimitPolicy(ratePerMin))
    // A body that nobody read would have to be read to keep the connection: closing it costs less.
    if (!this.#request.complete) headers.push('Connection', 'close')
    this.#response.writeHead(answer.status, headers)
    this.#response.end(answer.body)
  }

  #keepReserved(bytes: number): void {
    this.#parts.inFlight.release(this.#reservedBytes - bytes)
    this.#reservedBytes = bytes
  }

  #release(): void {
    if (this.#underWay === 0) this.#keepReserved(0)
  }
}
