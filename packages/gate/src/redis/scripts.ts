import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** A Lua script and the name that Redis knows it by: the SHA-1 of its source. */
export type RedisScript = { source: string; sha: string }

const read = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8')

function script(name: string): RedisScript {
  const source = `${read('./count.lua')}\n${read(name)}`
  return { source, sha: hash('sha1', source, 'hex') }
}

export const ADMIT = script('./admit.lua')
export const SETTLE = script('./settle.lua')
export const RESUME = script('./resume.lua')
