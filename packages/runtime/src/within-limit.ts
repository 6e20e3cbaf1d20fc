/**
 * What `work` comes to, or a rejection once `limitMs` are over. The work goes on; its late failure is nobody's any more.
 * @param work is told by its signal when nobody waits any more; the signal's reason is the error
 * @throws what `work` throws, or an Error that names the limit
 */
export async function withinLimit<T>(limitMs: number, work: (over: AbortSignal) => Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const over = new AbortController()
  const end = () => {
    const error = new Error(`no answer within ${limitMs} ms`)
    over.abort(error)
    reject(error)
  }
  // A process that was held up finds timer and answer together, the timer first: what has arrived is looked at before it counts.
  const onTime = () => (check = setImmediate(end))
  let check: NodeJS.Immediate | undefined
  const timer = setTimeout(onTime, limitMs)
  try {
    return await Promise.race([work(over.signal), late])
  } finally {
    clearTimeout(timer)
    clearImmediate(check)
  }
}
