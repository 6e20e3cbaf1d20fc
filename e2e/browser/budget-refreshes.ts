import type { Page } from 'playwright-core'
import { type Console, settled } from './console.ts'

export type Refreshes = {
  /** From clearing a chart's canvas until all of it is drawn, ms each. */
  drawMs: number[]
  /** From the question until its answers are painted, ms each. */
  refreshMs: number[]
  /** Tasks over 50 ms. */
  longTasks: number
  /** After collecting garbage: before and after. */
  heapMb: [before: number, after: number]
}

/** What the page keeps of itself while it is measured. */
type Seen = { draws: number[]; longTasks: number; open: number; refresh: (times: number) => Promise<number[]> }
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
      return await ask(...question)
    } finally {
      seen.open -= 1
    }
  }
  async function refresh(times: number): Promise<number[]> {
    const took: number[] = []
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve))
    for (let index = 0; index < times; index++) {
      const startedMs = performance.now()
      document.querySelector<HTMLElement>('button[aria-label="Refresh now"]')?.click()
      do await frame()
      while (seen.open > 0)
      // What came is drawn by the next one.
      await frame()
      took.push(performance.now() - startedMs)
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
  const refreshMs: number[] = []
  for (let done = 0; done < refreshes; done += 50)
    refreshMs.push(...(await page.evaluate((times) => seen.refresh(times), Math.min(50, refreshes - done))))
  const { draws: drawMs, longTasks } = await page.evaluate(() => ({ draws: seen.draws, longTasks: seen.longTasks }))
  await page.evaluate(() => Object.assign(seen, { draws: [] }))
  return { drawMs, refreshMs, longTasks, heapMb: [before, await heapMb(page)] }
}

async function heapMb(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page)
  await session.send('HeapProfiler.collectGarbage')
  const { usedSize } = await session.send('Runtime.getHeapUsage')
  await session.detach()
  return usedSize / 1e6
}
