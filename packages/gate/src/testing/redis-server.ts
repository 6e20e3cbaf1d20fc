import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { TestContext } from 'node:test'
import { findFreePort } from '@sluice/runtime/free-port'
import { eventually } from '@sluice/runtime/testing/eventually'
import type { RedisAddress } from '../redis/address.ts'
import { openRedisConnection } from '../redis/connection.ts'

/** A Redis of one test, which may kill it, stop it and fill it. */
export type OwnRedis = {
  address: RedisAddress
  /** Ends it at once, as kill -9 does; what it held is gone unless it was started with an append-only file. */
  kill(): Promise<void>
  /** Starts it again on the same port, with what its folder holds. */
  start(): Promise<void>
  /** Freezes it: connections stay open and nothing is answered, until `thaw`. */
  freeze(): void
  thaw(): void
  /** One command over a connection of its own. */
  command(...command: string[]): Promise<unknown>
}

/** The reason why tests with a Redis of their own cannot run; null when they can. With REQUIRE_ENGINES=1 that is an error. */
export function reasonAgainstOwnRedis(): string | null {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' })
    return null
  } catch (error) {
    if (process.env.REQUIRE_ENGINES === '1') throw new Error('redis-server is not installed', { cause: error })
    return 'redis-server is not installed: apt-get install redis-server'
  }
}

/** @param settings further ones, such as `--appendonly yes`; it keeps nothing unless they say so */
export async function ownRedis(t: TestContext, settings: readonly string[] = []): Promise<OwnRedis> {
  const dir = mkdtempSync(path.join(tmpdir(), 'sluice-redis-'))
  let server: ChildProcess | null = null

  const passwordAt = settings.indexOf('--requirepass')
  const password = passwordAt < 0 ? null : (settings[passwordAt + 1] ?? null)
  const address = { host: '127.0.0.1', port: await findFreePort(), tls: false, username: null, password, database: 0 }

  async function command(...words: string[]): Promise<unknown> {
    const log = { info: () => {}, warn: () => {} }
    const connection = await openRedisConnection({ address, prepare: async () => {}, log })
    try {
      return await connection.send(words, { limitMs: 60_000 })
    } finally {
      await connection[Symbol.asyncDispose]()
    }
  }

  async function start(): Promise<void> {
    const own = [
      '--port',
      String(address.port),
      '--bind',
      '127.0.0.1',
      '--dir',
      dir,
      '--save',
      '',
      '--appendonly',
      'no',
    ]
    server = spawn('redis-server', [...own, ...settings], { stdio: 'ignore' })
    await eventually(() => command('PING'), { message: 'a Redis that answers' })
  }

  async function kill(): Promise<void> {
    if (server === null || server.exitCode !== null || server.signalCode !== null) return
    const ended = once(server, 'exit')
    server.kill('SIGKILL')
    await ended
  }

  t.after(async () => {
    await kill()
    rmSync(dir, { recursive: true, force: true })
  })
  await start()
  return {
    address,
    kill,
    start,
    freeze: () => void server?.kill('SIGSTOP'),
    thaw: () => void server?.kill('SIGCONT'),
    command,
  }
}
