/** What `work` comes to, or a rejection once `limitMs` are over. The work goes on; its late failure is nobody's any more. */
export async function withinLimit<T>(limitMs: number, work: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  // A process that was held up finds timer and answer together, the timer first: what has arrived is looked at before it counts.
  const onTime = () => (check = setImmediate(() => reject(new Error(`no answer within ${limitMs} ms`))))
  let check: NodeJS.Immediate | undefined
  const timer = setTimeout(onTime, limitMs)
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
    clearImmediate(check)
  }
}
