import type { Page } from 'playwright-core'

/** What the pipeline's banner told at one moment: how much waits, and in how many seconds none will, null while that was not known yet. */
export type DrainStep = { waiting: number; emptyIn: number | null }

/** Watches the banner from the start of the processor until it does not catch up any more, and collects what it told, each sentence once. */
export async function drainSteps(page: Page): Promise<DrainStep[]> {
  const steps: DrainStep[] = []
  let last = ''
  for (;;) {
    const handle = await page.waitForFunction(
      ([before, isUnderWay]) => {
        const banner = document.querySelector('section[aria-label="Processor"] p')?.textContent ?? ''
        const isCatchingUp = banner.startsWith('Catching up')
        return (isCatchingUp ? banner !== before : isUnderWay) && { banner, isCatchingUp }
      },
      [last, steps.length > 0] as const,
    )
    const { banner, isCatchingUp } = (await handle.jsonValue()) as { banner: string; isCatchingUp: boolean }
    if (!isCatchingUp) return steps
    last = banner
    steps.push(readStep(banner))
  }
}

function readStep(banner: string): DrainStep {
  const waiting = /^Catching up: ([\d,]+) waiting/.exec(banner)?.[1]
  if (waiting === undefined) throw new Error(`the banner is not as expected: ${banner}`)
  const [, minutes, seconds] = /empty in about (?:(\d+) m)? ?(?:(\d+) s)?\.$/.exec(banner) ?? []
  return {
    waiting: Number(waiting.replaceAll(',', '')),
    emptyIn: minutes === undefined && seconds === undefined ? null : Number(minutes ?? 0) * 60 + Number(seconds ?? 0),
  }
}
