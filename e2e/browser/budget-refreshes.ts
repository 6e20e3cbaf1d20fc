import type { Page } from 'playwright-core'
import { type Console, settled } from './console.ts'

export type Refreshes = {
  /** From clearing a chart's canvas until all of it is drawn, ms each. */
  drawMs: number[]
  /** From the question until all of its answers are painted, ms each. */
  refreshMs: number[]
  /** Of that, from the moment the last of its answers had come whole, by the browser's own Resource Timing. */
  paintMs: number[]
  /** Tasks over 50 ms. */
  longTasks: number
  /** After collecting garbage: before and after. */
  heapMb: [before: number, after: number]
}

/** What the page keeps of itself while it is measured. */
type Seen = { draws: number[]; longTasks: number; open: number; refresh: (times: number) => Promise<Refresh[]> }
type Refresh = { refreshMs: number; paintMs: number }
declare const seen: Seen

/** Runs in the page, before its own scripts: watches canvas, tasks and questions, and can press Refresh now. */
function watch(): void {
  const seen: Seen = { draws: [], longTasks: 0, open: 0, refresh }
  Object.assign(globalThis, { seen })
  const clear = CanvasRenderingContext2D.prototype.clearRect
  CanvasRenderingContext2D.prototype.clearRect = function clearRect(...box) {
    const startedMs = performance.now()
    clear.apply(this, box)
    // All that follows in the same turn is the drawing.
    queueMicrotask(() => seen.draws.push(performance.now() - startedMs))
  }
  new PerformanceObserver((list) => {
    seen.longTasks += list.getEntries().length
  }).observe({ type: 'longtask' })
  const ask = globalThis.fetch
  globalThis.fetch = async (...question) => {
    seen.open += 1
    try {
      const response = await ask(...question)
      // Under way until it is read whole.
      const text = await response.text()
      return new Response(text, response)
    } finally {
      seen.open -= 1
    }
  }
  async function refresh(times: number): Promise<Refresh[]> {
    const took: Refresh[] = []
    const turn = () => new Promise((resolve) => setTimeout(resolve))
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve))
    for (let index = 0; index < times; index++) {
      performance.clearResourceTimings()
      const startedMs = performance.now()
      document.querySelector<HTMLElement>('button[aria-label="Refresh now"]')?.click()
      do await turn()
      while (seen.open > 0)
      // An answer is told to what shows it in a turn of its own, after which it is drawn; the frame is painted before the turn that follows it.
      await turn()
      await frame()
      await turn()
      const paintedMs = performance.now()
      const answers = performance.getEntriesByType('resource').filter(({ name }) => name.includes('/api/admin/'))
      const answeredMs = Math.max(...answers.map((answer) => (answer as PerformanceResourceTiming).responseEnd))
      took.push({ refreshMs: paintedMs - startedMs, paintMs: paintedMs - answeredMs })
    }
    return took
  }
}

/** Opens a page and refreshes it, one after another without a pause: 900 are 30 minutes at 2 s. */
export async function refreshMany(
  { browser, dashboard }: Console,
  { path, refreshes }: { path: string; refreshes: number },
): Promise<Refreshes> {
  const { page } = await browser.open('about:blank')
  await page.addInitScript(watch)
  await page.goto(dashboard.url + path)
  await settled(page)
  // Caches and compiled code settle first: they are no leak.
  await page.evaluate((times) => seen.refresh(times), 30)
  const before = await heapMb(page)
  await page.evaluate(() => Object.assign(seen, { draws: [], longTasks: 0 }))
  const each: Refresh[] = []
  for (let done = 0; done < refreshes; done += 50)
    each.push(...(await page.evaluate((times) => seen.refresh(times), Math.min(50, refreshes - done))))
  const { draws: drawMs, longTasks } = await page.evaluate(() => ({ draws: seen.draws, longTasks: seen.longTasks }))
  await page.evaluate(() => Object.assign(seen, { draws: [] }))
  return {
    drawMs,
    refreshMs: each.map(({ refreshMs }) => refreshMs),
    paintMs: each.map(({ paintMs }) => paintMs),
    longTasks,
    heapMb: [before, await heapMb(page)],
  }
}

async function heapMb(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page)
  await session.send('HeapProfiler.collectGarbage')
  const { usedSize } = await session.send('Runtime.getHeapUsage')
  await session.detach()
  return usedSize / 1e6
}
