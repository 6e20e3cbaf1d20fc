'use client'

import { useSearchParams } from 'next/navigation'
import { useCallback, useEffect, useMemo, useSyncExternalStore } from 'react'
import { type ChangesOf, type Parameters, readParameters, type ValuesOf, writeParameters } from '../query-parameters.ts'

/**
 * What was written into the address and has not been drawn by the router yet, null when it has: a control shows at once what was chosen in it.
 * Written in the browser only.
 */
let ahead: string | null = null
const listeners = new Set<() => void>()

function setAhead(search: string | null): void {
  ahead = search
  for (const tell of listeners) tell()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

const search = () => new URLSearchParams(window.location.search).toString()

/**
 * The parameters in the address, and a function that changes some of them without asking the server for the page.
 * @param history `push` when Back should lead to the state before; `replace` for what only adjusts the view
 */
export function useQueryStates<P extends Parameters>(
  parameters: P,
  { history = 'replace' }: { history?: 'push' | 'replace' } = {},
): readonly [ValuesOf<P>, (changes: ChangesOf<P>) => void] {
  const drawn = useSearchParams().toString()
  const written = useSyncExternalStore(
    subscribe,
    () => ahead,
    () => null,
  )
  useEffect(() => {
    // Another change may have been written meanwhile: then this is not the last word.
    if (ahead !== null && search() === drawn) setAhead(null)
  }, [drawn])
  const shown = written ?? drawn
  const values = useMemo(() => {
    const from = new URLSearchParams(shown)
    return readParameters(parameters, (name) => from.get(name))
  }, [parameters, shown])
  const change = useCallback(
    (changes: ChangesOf<P>) => {
      const before = search()
      const next = writeParameters(parameters, before, changes)
      if (next === before) return
      const address = `${window.location.pathname}${next === '' ? '' : `?${next}`}${window.location.hash}`
      // The router follows what is written into the history, and leaves the server alone.
      if (history === 'push') window.history.pushState(null, '', address)
      else window.history.replaceState(null, '', address)
      setAhead(next)
    },
    [parameters, history],
  )
  return [values, change]
}
