/**
 * What `work` comes to, or null as soon as `signal` aborts; the work goes on, and its late failure is nobody's any more. Leaves nothing
 * on the signal: a race against one promise that outlives many would keep each of them until it settles.
 * @throws what `work` throws
 */
export async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T | null> {
  const { promise: aborted, resolve } = Promise.withResolvers<null>()
  const stop = () => resolve(null)
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
