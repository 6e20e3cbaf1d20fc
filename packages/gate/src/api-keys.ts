import { type ApiKeyEntry, readApiKeys } from '@sluice/contract/api-keys'
import type { EnvReader } from '@sluice/runtime/env'

/** The keys of API_KEYS; what is wrong with them is told to the reader, whose `finish` refuses. Null when unset. */
export function parseApiKeys(read: EnvReader): ApiKeyEntry[] | null {
  const text = read.secret('API_KEYS')
  if (text === null) return null
  const { entries, problems } = readApiKeys(text)
  for (const problem of problems) read.problem(problem)
  return entries
}
