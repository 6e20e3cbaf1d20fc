/** Where one Redis is, and as whom and in which database to use it. */
export type RedisAddress = {
  host: string
  port: number
  tls: boolean
  username: string | null
  password: string | null
  database: number
}

const EXPECTED = 'host:port or a URL like redis://user:password@host:6379/0 (rediss:// with TLS)'
const ONE_SERVER =
  'one Redis server: Cluster and Sentinel are not supported, the gate needs all keys of a call in one place'

/**
 * Reads `host:port`, `redis://` or `rediss://` as the IANA registrations of both schemes have it.
 * @returns the address, or what it must be; the text itself is not repeated, as it may hold a password
 */
export function parseRedisAddress(text: string): RedisAddress | { expected: string } {
  if (text.includes(',') || /^[a-z+-]*(sentinel|cluster)[a-z+-]*:\/\//i.test(text)) return { expected: ONE_SERVER }
  if (!text.includes('://')) return parseHostPort(text)
  const url = URL.parse(text)
  if (url === null || !['redis:', 'rediss:'].includes(url.protocol) || url.hostname === '')
    return { expected: EXPECTED }
  if (url.search !== '' || url.hash !== '') return { expected: `${EXPECTED}, without anything after the database` }
  const database = /^\/?(\d{0,5})$/.exec(url.pathname)?.[1]
  if (database === undefined) return { expected: `${EXPECTED}; what follows the slash is the number of a database` }
  const decoded = [url.username, url.password].map(decode)
  const [username = null, password = null] = decoded
  if (decoded.includes(undefined))
    return { expected: `${EXPECTED}, with special characters of the password written as %XX` }
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? 6_379 : Number(url.port),
    tls: url.protocol === 'rediss:',
    username: username || null,
    password: password || null,
    database: Number(database),
  }
}

function parseHostPort(text: string): RedisAddress | { expected: string } {
  const [, ipv6, name, digits] = /^(?:\[([0-9a-f:.]+)\]|([^\s:/@[\]]+)):(\d{1,5})$/i.exec(text) ?? []
  const host = ipv6 ?? name
  const port = Number(digits)
  if (host === undefined || !(port >= 1 && port <= 65_535)) return { expected: EXPECTED }
  return { host, port, tls: false, username: null, password: null, database: 0 }
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
