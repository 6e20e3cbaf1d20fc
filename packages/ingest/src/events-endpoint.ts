import type { IncomingMessage, ServerResponse } from 'node:http'
import { listEventErrors } from '@sluice/contract/event'
import { fingerprintOf } from '@sluice/contract/fingerprint'
import { checkObject } from '@sluice/contract/i-json'
import type { Keyring } from '@sluice/gate/keyring'
import type { WrongKeyThrottle } from '@sluice/gate/wrong-key-throttle'
import { resolveRequestId } from '@sluice/runtime/request-id'
import type { Acceptance, ArrivedEvent } from './accept-events.ts'
import { type ContentCoding, contentCodingOf, maxEncodedBytes } from './content-coding.ts'
import {
  type Answer,
  LOG_AWAY,
  OVERLOADED,
  rateLimitPolicy,
  TOO_MANY_WRONG_KEYS,
  toAnswer,
  toProblem,
  UNAUTHENTICATED,
} from './event-answers.ts'
import type { InFlightBytes } from './in-flight-bytes.ts'
import type { IngestMetrics } from './ingest-metrics.ts'
import type { LogBreaker } from './log-breaker.ts'
import type { MicroBatcher } from './micro-batcher.ts'
import { readBody } from './read-body.ts'
import {
  apiKeyOf,
  type DistinctHeaders,
  declaredBytes,
  idempotencyKeyOf,
  partitionKeyOf,
  type Refusal,
  refuseMedia,
  tooLarge,
  traceparentOf,
  wantsStrictHandling,
} from './request-head.ts'
import { unpackGzip } from './unpack-gzip.ts'

export type EventsEndpointParts = {
  keyring: Keyring
  throttle: WrongKeyThrottle
  inFlight: InFlightBytes
  breaker: Pick<LogBreaker, 'isOpen'>
  batcher: Pick<MicroBatcher<ArrivedEvent, Acceptance>, 'submit'>
  metrics: Pick<IngestMetrics, 'answered'>
  ratePerMin: number
  maxEventBytes: number
}

/** `POST /events`, on bare node:http: this is the hot path. The checks run in the order of docs/http-api.md; the first failure answers. */
export type EventsEndpoint = (request: IncomingMessage, response: ServerResponse) => void

export function createEventsEndpoint(parts: EventsEndpointParts): EventsEndpoint {
  return (request, response) => {
    const headers: DistinctHeaders = request.headersDistinct
    const requestId = resolveRequestId(request)
    const exchange = new Exchange(parts, request, response, requestId)
    const refusal = exchange.refuseHead(headers)
    if (refusal !== null) exchange.refuse(refusal)
    else exchange.readBody(headers)
  }
}

/**
 * One request and its answer. Holds its reserved bytes until the answer is written or the sender is gone, but never less
 * long than its micro-batch holds the body: senders that leave early would else fill the memory past the cap.
 */
class Exchange {
  readonly #parts: EventsEndpointParts
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #requestId: string
  #tenantId: string | null = null
  #coding: ContentCoding = 'identity'
  #reservedBytes = 0
  #inBatch = false
  readonly #startMs = performance.now()

  constructor(parts: EventsEndpointParts, request: IncomingMessage, response: ServerResponse, requestId: string) {
    this.#parts = parts
    this.#request = request
    this.#response = response
    this.#requestId = requestId
  }

  /** Everything that can be told without the body. Reserves the body's bytes when it finds nothing. */
  refuseHead(headers: DistinctHeaders): Refusal | null {
    const { maxEventBytes, breaker, inFlight } = this.#parts
    const media = refuseMedia(headers)
    if (media !== null) return media
    this.#coding = contentCodingOf(headers) ?? 'identity'
    const declared = declaredBytes(headers)
    if (declared !== null && declared > maxEncodedBytes(this.#coding, maxEventBytes)) return tooLarge(maxEventBytes)
    const address = this.#request.socket.remoteAddress ?? ''
    if (!this.#parts.throttle.allows(address)) return TOO_MANY_WRONG_KEYS
    this.#tenantId = this.#authenticate(headers, address)
    if (this.#tenantId === null) return UNAUTHENTICATED
    if (breaker.isOpen()) return LOG_AWAY
    // What is not known beforehand counts as the most that may come of it.
    const bytes = this.#coding === 'gzip' ? maxEventBytes : (declared ?? maxEventBytes)
    if (!inFlight.reserve(bytes)) return OVERLOADED
    this.#reservedBytes = bytes
    this.#response.once('close', () => this.#release())
    return null
  }

  #authenticate(headers: DistinctHeaders, address: string): string | null {
    const { throttle, keyring } = this.#parts
    const apiKey = apiKeyOf(headers)
    const tenantId = apiKey === null ? null : keyring.tenantOf(apiKey)
    if (tenantId === null) throttle.recordWrongKey(address)
    return tenantId
  }

  readBody(headers: DistinctHeaders): void {
    const { maxEventBytes } = this.#parts
    readBody(this.#request, maxEncodedBytes(this.#coding, maxEventBytes), {
      onTooLarge: () => this.refuse(tooLarge(maxEventBytes)),
      onWhole: (body) => {
        if (!this.#response.writableEnded) this.#take(headers, body)
      },
    })
    // A sender that goes away in the middle of its body: nothing was taken in, and `close` frees the reserved bytes.
    this.#request.once('error', () => this.#response.destroy())
  }

  #take(headers: DistinctHeaders, encoded: Buffer): void {
    const body = this.#coding === 'gzip' ? unpackGzip(encoded, this.#parts.maxEventBytes) : encoded
    const event = 'code' in body ? body : this.#toEvent(headers, body)
    if ('code' in event) {
      this.refuse(event)
      return
    }
    this.#keepReserved(event.body.length)
    this.#inBatch = true
    this.#parts.batcher.submit({
      item: event,
      bytes: event.body.length,
      settle: (acceptance) => this.#settle(acceptance),
    })
  }

  /** Gives back what was reserved and did not come. */
  #keepReserved(bytes: number): void {
    this.#parts.inFlight.release(this.#reservedBytes - bytes)
    this.#reservedBytes = bytes
  }

  #toEvent(headers: DistinctHeaders, body: Buffer): ArrivedEvent | Refusal {
    const malformed = checkObject(body)
    if (malformed !== null) {
      const { code, detail, offset, pointer } = malformed
      return { code, detail, facts: { offset }, ...(pointer === null ? {} : { errors: [{ pointer, detail }] }) }
    }
    const key = idempotencyKeyOf(headers)
    if ('code' in key) return key
    const partition = partitionKeyOf(headers)
    if ('code' in partition) return partition
    if (wantsStrictHandling(headers)) {
      const errors = listEventErrors(body)
      if (errors.length > 0) return { code: 'INVALID_EVENT', detail: 'The event would be dead-lettered.', errors }
    }
    return {
      tenantId: this.#tenantId ?? '',
      idempotencyKey: key.key,
      partitionKey: partition.partitionKey,
      body,
      fingerprint: fingerprintOf(body),
      requestId: this.#requestId,
      traceparent: traceparentOf(headers),
      limitPerMin: this.#parts.ratePerMin,
    }
  }

  #settle(acceptance: Acceptance): void {
    this.#inBatch = false
    this.#write(toAnswer(acceptance, this.#requestId))
    if (this.#response.closed) this.#release()
  }

  refuse(refusal: Refusal): void {
    this.#write(toProblem(refusal, this.#requestId))
  }

  #write(answer: Answer): void {
    const { ratePerMin, metrics } = this.#parts
    // Gone, or answered for us when the process leaves.
    if (this.#response.destroyed || this.#response.writableEnded) return
    metrics.answered(answer, (performance.now() - this.#startMs) / 1000)
    const headers = ['Cache-Control', 'no-store', 'X-Request-Id', this.#requestId, ...answer.headers]
    headers.push('Content-Length', String(Buffer.byteLength(answer.body)))
    if (this.#tenantId !== null) headers.push(...rateLimitPolicy(ratePerMin))
    // A body that nobody read would have to be read to keep the connection: closing it costs less.
    if (!this.#request.complete) headers.push('Connection', 'close')
    this.#response.writeHead(answer.status, headers)
    this.#response.end(answer.body)
  }

  #release(): void {
    if (this.#inBatch) return
    this.#keepReserved(0)
  }
}
