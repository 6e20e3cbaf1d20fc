/** What a Redis server says about itself. What it leaves out, as some hosted ones do, is null. */
export type RedisFacts = {
  version: string | null
  /** standalone, cluster or sentinel. */
  mode: string | null
  /** master, or slave for a replica. */
  role: string | null
  /** Changes whenever the server starts. */
  runId: string | null
  evictionPolicy: string | null
  usedBytes: number | null
  /** 0: no limit. */
  maxBytes: number | null
  appendOnly: boolean | null
}

/** Reads the reply of INFO, whole or some sections of it. */
export function readRedisFacts(info: string): RedisFacts {
  const fields = new Map<string, string>()
  for (const line of info.split('\r\n')) {
    const colon = line.indexOf(':')
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 1))
  }
  const text = (name: string) => fields.get(name) ?? null
  const number = (name: string) => (fields.has(name) ? Number(fields.get(name)) : null)
  const appendOnly = text('aof_enabled')
  return {
    version: text('redis_version'),
    mode: text('redis_mode'),
    role: text('role'),
    runId: text('run_id'),
    evictionPolicy: text('maxmemory_policy'),
    usedBytes: number('used_memory'),
    maxBytes: number('maxmemory'),
    appendOnly: appendOnly === null ? null : appendOnly === '1',
  }
}

/** What is wrong, and what to do about it. */
export type Objection = { fault: string; remedy: string }

/** Why the gate cannot work on this server at all; null when it can. */
export function unfitness({ version, mode, role }: RedisFacts): Objection | null {
  if (mode === 'cluster' || mode === 'sentinel')
    return {
      fault: `this is a Redis ${mode}, which the gate does not support`,
      remedy: 'set REDIS_ADDR to one Redis server that holds all keys itself',
    }
  const [major = 0, minor = 0] = (version ?? '').split('.').map(Number)
  if (version !== null && (major < 6 || (major === 6 && minor < 2)))
    return { fault: `this is Redis ${version}; the gate needs 6.2 or newer`, remedy: 'upgrade Redis, best to 7' }
  if (role === 'slave')
    return { fault: 'this is a replica, which takes no writes', remedy: 'set REDIS_ADDR to the primary' }
  return null
}

/** Why this server must not be relied on now, though it answers; null when it can. */
export function unreadiness({ evictionPolicy, usedBytes, maxBytes }: RedisFacts): Objection | null {
  if (evictionPolicy !== null && evictionPolicy !== 'noeviction')
    return {
      fault: `Redis may drop claims and limits when memory is short: maxmemory-policy is ${evictionPolicy}`,
      remedy: 'redis-cli CONFIG SET maxmemory-policy noeviction, and the same in redis.conf',
    }
  if (maxBytes !== null && usedBytes !== null && maxBytes > 0 && usedBytes >= maxBytes)
    return {
      fault: `Redis is full: ${usedBytes} of ${maxBytes} bytes are used, so it refuses every write`,
      remedy:
        'raise maxmemory, or shorten IDEMPOTENCY_WINDOW: a key costs about 270 bytes for as long as it is remembered',
    }
  return null
}

export const sentence = ({ fault, remedy }: Objection): string => `${fault}; ${remedy}`
