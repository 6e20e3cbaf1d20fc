'use client'

import { useSearchParams } from 'next/navigation'
import { KEPT } from '../urls.ts'

/** What of the address every other page keeps: tenant, range and interval. */
export function useKeptQuery(): Record<string, string> {
  const parameters = useSearchParams()
  return Object.fromEntries(KEPT.flatMap((name) => (parameters.has(name) ? [[name, parameters.get(name) ?? '']] : [])))
}
