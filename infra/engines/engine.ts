/**
 * One server of another project (a broker, Redis, PostgreSQL) that a test owns: on a loopback port of its own, with data that is
 * thrown away. It ends with the process that opened it, also when that is killed.
 */
export interface Engine extends AsyncDisposable {
  /** For people: `kafka-1`, `redis`, `postgres`. */
  readonly name: string
  /** Where its data and its log lie; gone when it is disposed. */
  readonly folder: string
  /** Null while no process of it runs. */
  readonly pid: number | null
  /** `kill -9` to every process of it; resolves when none is left. Its data stay. */
  kill(): Promise<void>
  /** SIGSTOP to every process of it: connections stay open and nothing is answered. */
  stall(): Promise<void>
  /** SIGCONT: it goes on where it stood. */
  resume(): Promise<void>
  /**
   * Starts it again on the same port and data; resolves when it answers.
   * @throws {EngineError} when it ends or does not answer in time, with the last lines of its log
   */
  start(): Promise<void>
  /** Asks it to leave in order, and ends it by force after 15 s. Harmless when it does not run. */
  stop(): Promise<void>
  /** The last lines of its log, for people. */
  lastLines(): string
}

/** An engine cannot be had here or does not start; the message says what to do. A retry alone does not help. */
export class EngineError extends Error {
  override readonly name: string = 'EngineError'
}

/** A program that the engine needs is not installed. The message names the Debian package. */
export class EngineMissingError extends EngineError {
  override readonly name = 'EngineMissingError'
}
