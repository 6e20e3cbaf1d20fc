import type { AdmitRequest, ClaimOutcome, KeyState } from './gate.ts'
import { IN_FLIGHT_RETRY_MS } from './timing.ts'

/**
 * What the memory gate knows of a key. States:
 *   pending -- a try holds the key until its lease is over
 *   unknown -- a try ended without an answer: it may be in the log, the next try takes the key at once
 *   done    -- it is in the log
 * It is forgotten a window after the last claim, or after `done`; a running lease outlives a window that is shorter.
 */
type Claim = {
  state: 'pending' | 'unknown' | 'done'
  fingerprint: string
  token: string
  receiptId: string
  leaseUntilMs: number
  expiresAtMs: number
  /** An earlier try may be in the log. */
  tried: boolean
}

export type ClaimVerdict =
  | { outcome: 'claimed' | 'duplicate'; receiptId: string }
  | { outcome: 'in_flight'; retryAfterMs: number }
  | { outcome: 'other_body' }

/** The claims of one process. `id` stands for tenant and idempotency key. */
export interface Claims {
  admit(id: string, request: AdmitRequest, nowMs: number): ClaimVerdict
  /** @returns true when this made the key `done` */
  settle(id: string, outcome: ClaimOutcome, nowMs: number): boolean
  find(id: string, nowMs: number): KeyState | null
}

const isOver = ({ state, leaseUntilMs, expiresAtMs }: Claim, nowMs: number) =>
  expiresAtMs <= nowMs && !(state === 'pending' && leaseUntilMs > nowMs)

export function createClaims({ windowMs, leaseMs }: { windowMs: number; leaseMs: number }): Claims {
  // In order of expiry, near enough: what is written goes to the end.
  const claims = new Map<string, Claim>()

  function read(id: string, nowMs: number): Claim | null {
    const claim = claims.get(id)
    return claim === undefined || isOver(claim, nowMs) ? null : claim
  }

  function write(id: string, claim: Claim): void {
    claims.delete(id)
    claims.set(id, claim)
  }

  /** Every request removes up to two that are over, so that memory follows the traffic of one window. */
  function sweep(nowMs: number): void {
    let looked = 0
    for (const [id, claim] of claims) {
      if (looked++ === 2 || !isOver(claim, nowMs)) return
      claims.delete(id)
    }
  }

  return {
    admit(id, { fingerprint, token, receiptId }, nowMs) {
      sweep(nowMs)
      const claim = read(id, nowMs)
      const held = { state: 'pending', token, leaseUntilMs: nowMs + leaseMs, expiresAtMs: nowMs + windowMs } as const
      if (claim === null) {
        write(id, { ...held, fingerprint, receiptId, tried: false })
        return { outcome: 'claimed', receiptId }
      }
      if (claim.fingerprint !== fingerprint) return { outcome: 'other_body' }
      if (claim.state === 'done') return { outcome: 'duplicate', receiptId: claim.receiptId }
      const isMine = claim.token === token
      if (!isMine && claim.state === 'pending' && claim.leaseUntilMs > nowMs)
        return { outcome: 'in_flight', retryAfterMs: IN_FLIGHT_RETRY_MS }
      write(id, { ...claim, ...held, tried: claim.tried || !isMine })
      return { outcome: 'claimed', receiptId: claim.receiptId }
    },

    settle(id, { fingerprint, token, receiptId, outcome }, nowMs) {
      const claim = read(id, nowMs)
      if (outcome === 'done') {
        if (claim?.state === 'done') return false
        const done = { state: 'done', leaseUntilMs: nowMs, expiresAtMs: nowMs + windowMs, tried: true } as const
        write(id, { ...done, fingerprint, token, receiptId })
        return true
      }
      if (claim === null || claim.state !== 'pending' || claim.token !== token) return false
      if (outcome === 'refused' && !claim.tried) claims.delete(id)
      else claims.set(id, { ...claim, state: 'unknown', tried: true })
      return false
    },

    find(id, nowMs) {
      const claim = read(id, nowMs)
      if (claim === null) return null
      const { state, receiptId, leaseUntilMs, expiresAtMs } = claim
      if (state === 'done') return { state: 'accepted', receiptId, expiresAt: new Date(expiresAtMs) }
      const isHeld = state === 'pending' && leaseUntilMs > nowMs
      const forgottenAtMs = isHeld ? Math.max(expiresAtMs, leaseUntilMs) : expiresAtMs
      return { state: isHeld ? 'in_flight' : 'unknown', receiptId, expiresAt: new Date(forgottenAtMs) }
    },
  }
}
