import type { Base } from '@platformatic/kafka'

/** A healthy client closes in 2 to 10 ms; one that waits for a stalled broker would wait for its request's timeout. */
const CLOSE_LIMIT_MS = 1_500

/**
 * Closes a client, politely at first; after the limit its connections are cut. Never rejects.
 * @returns whether it closed by itself
 */
export async function closeInTime(
  client: Pick<Base, 'connections'>,
  close: () => Promise<unknown>,
  limitMs = CLOSE_LIMIT_MS,
): Promise<boolean> {
  const { promise: limit, resolve } = Promise.withResolvers<false>()
  const timer = setTimeout(() => resolve(false), limitMs)
  const closed = close().then(
    () => true,
    () => false,
  )
  const isPolite = await Promise.race([closed, limit])
  clearTimeout(timer)
  for (const [, connection] of client.connections) connection.socket?.destroy()
  return isPolite
}
