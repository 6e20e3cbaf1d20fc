'use client'

import { type Query, useQueryClient } from '@tanstack/react-query'
import { usePathname, useSearchParams } from 'next/navigation'
import { useSyncExternalStore } from 'react'
import { AdminApiError } from '../admin-api/errors.ts'
import { urls } from '../urls.ts'

/** Says that the session is over. Nothing is taken away: what was typed stays, and signing in leads back here. */
export function SessionBanner() {
  const cache = useQueryClient().getQueryCache()
  const isOver = useSyncExternalStore(
    (listener) => cache.subscribe(listener),
    () => isSessionOver(cache.getAll()),
    () => false,
  )
  const path = usePathname()
  const query = useSearchParams().toString()
  if (!isOver) return null
  return (
    <div role="alert" className="bg-warn-bg px-4 py-2 text-13 text-warn lg:px-6">
      The session is over.{' '}
      <a href={urls.signIn(query === '' ? path : `${path}?${query}`)} className="font-medium text-warn underline">
        Sign in again
      </a>
      ; you come back to this page.
    </div>
  )
}

/** Whether the last word on it was a refusal: somebody may have signed in again in another tab. */
function isSessionOver(queries: readonly Query[]): boolean {
  let refusedMs = 0
  let answeredMs = 0
  for (const { state } of queries) {
    answeredMs = Math.max(answeredMs, state.dataUpdatedAt)
    if (state.error instanceof AdminApiError && state.error.code === 'UNAUTHENTICATED')
      refusedMs = Math.max(refusedMs, state.errorUpdatedAt)
  }
  return refusedMs > answeredMs
}
