'use client'

import type { DEAD_LETTER_ACTIONS, DeadLetterAction, DeadLetterState } from '@sluice/contract/dead-letter'
import { createContext, use } from 'react'

export type ActionTable = typeof DEAD_LETTER_ACTIONS

/** The contract's table of which state permits which action, handed over by the server: its module is not for browsers. */
export const ActionsContext = createContext<ActionTable | null>(null)

/** Why an action is not permitted in a state; null when it is. */
export function useRefusal(): (state: DeadLetterState, action: DeadLetterAction) => string | null {
  const table = use(ActionsContext)
  if (table === null) throw new Error('useRefusal stands outside of an ActionsContext')
  return (state, action) => table[state][action]
}
