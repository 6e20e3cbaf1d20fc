import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { eventually } from '@sluice/runtime/testing/eventually'
import { openStack, STACKS } from '../open-stack.ts'
import { eventText, send, sendPatiently } from '../send.ts'
import type { Stack, StackKind } from '../stack.ts'
import { openBrowser, type TestBrowser } from './browser.ts'
import { settled } from './console.ts'
import { openDashboard } from './dashboard.ts'
import { drainSteps } from './drain-steps.ts'

type Platform = { stack: Stack; url: string; browser: TestBrowser }

/** The whole platform with its dashboard, as people start it, and a browser. One for all that follows: each begins where the last has ended. */
async function openPlatform(t: TestContext, kind: StackKind): Promise<Platform> {
  const stack = await openStack(t, kind, { RATE_LIMIT_PER_MIN: '10000' })
  const life = new AsyncDisposableStack()
  t.after(() => life.disposeAsync())
  const dashboard = life.use(await openDashboard({ adminUrl: stack.adminUrl }))
  return { stack, url: dashboard.url, browser: life.use(await openBrowser()) }
}

for (const kind of STACKS)
  test(`the console on the running platform, ${kind}`, async (t) => {
    const platform = await openPlatform(t, kind)
    t.afterEach(() => platform.browser.closePages())
    await t.test('the first event is sent from an empty console, and found', () => sendsTheFirstEvent(platform))
    await t.test('every page is quiet, and a hostile event is text', () => showsHostileText(platform))
    await t.test('the stop of the processor is seen with its time, then how it drains, until all is well', () =>
      watchesTheStop(platform),
    )
  })

async function sendsTheFirstEvent({ url, browser }: Platform): Promise<void> {
  const { page, troubles } = await browser.open(url)
  await page.getByText('No event has come in yet').waitFor()
  await page.getByRole('button', { name: 'Send a test event' }).click()
  await page.getByRole('link', { name: 'See its journey' }).click()
  await page.getByText(/^Stored .* after it was accepted\.$/).waitFor()
  assert.deepEqual(troubles, [])
}

async function showsHostileText({ stack, url, browser }: Platform): Promise<void> {
  const hostile = `<img src=x onerror="document.title='owned'">\u202e`
  const odd = eventText('hostile-1').replace('"order.created"', JSON.stringify(hostile))
  const bad = eventText('bad-1').replace('"event_type":"order.created",', '')
  assert.equal((await sendPatiently(stack.ingestUrl, odd, { key: 'hostile' })).status, 202)
  assert.equal((await sendPatiently(stack.ingestUrl, bad, { key: 'bad' })).status, 202)
  await eventually(
    async () => {
      const { data } = (await (await fetch(`${stack.adminUrl}/admin/dlq`)).json()) as { data: unknown[] }
      return data.length === 1
    },
    { message: 'the dead letter' },
  )
  for (const path of ['/', '/pipeline', '/dlq', '/dlq?view=topic', '/dlq?bench=1', '/search?type=order.created']) {
    const { page, troubles } = await browser.open(url + path)
    await settled(page)
    assert.doesNotMatch(await page.title(), /owned/)
    assert.deepEqual(troubles, [], path)
    await page.context().close()
  }
  const { page } = await browser.open(`${url}/search?q=hostile-1`)
  await page.getByText(/^Stored .* after it was accepted\.$/).waitFor()
  await page.getByText('U+202E').first().waitFor()
}

/** A batch of the processor ends at 4 MiB: about fifty of these, so that the backlog shrinks in steps that a person can follow. */
const PAYLOAD = JSON.stringify({ text: 'x'.repeat(80_000) })
const EVENTS = 500

/** Again with the same key while a busy machine answers 503. */
const sendAsProducersDo = (stack: Stack, id: string) =>
  eventually(async () => (await send(stack.ingestUrl, eventText(id, PAYLOAD), { key: id })).status === 202, {
    message: `${id} being accepted`,
  })

/** A store that takes 36 ms for a row, three batches at a time, and so less for a batch than the 5 s after which a processor is called silent. Nothing of the platform is changed. */
const SLOW_STORE = `
  CREATE FUNCTION take_long() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.036); RETURN NEW; END';
  CREATE TRIGGER take_long BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION take_long()`

async function watchesTheStop({ stack, url, browser }: Platform): Promise<void> {
  const { page } = await browser.open(`${url}/pipeline`)
  await settled(page)
  const banner = page.getByRole('region', { name: 'Processor' })
  const verdictIs = (word: string) => page.waitForFunction((text) => document.title.includes(text), ` · ${word} · `)
  await verdictIs('healthy')
  await stack.stopPart('processor')
  for (let index = 0; index < EVENTS; index += 10)
    await Promise.all(Array.from({ length: 10 }, (_, step) => sendAsProducersDo(stack, `e${index + step}`)))
  await banner.getByText(/^Processor stopped: no heartbeat since \d\d:\d\d:\d\d \(.*\)\.$/).waitFor()
  await banner.getByText(`${EVENTS} events are waiting in the log; none is lost.`, { exact: true }).waitFor()
  await verdictIs('unhealthy')
  // The line of the chart, in the words that stand for it.
  await page
    .getByRole('img', {
      name: new RegExp(`^Waiting in the log, events\\. Waiting: ${EVENTS} at the end, between 0 and`),
    })
    .waitFor()

  await stack.sql(SLOW_STORE)
  const [steps] = await Promise.all([drainSteps(page), stack.startPart('processor')])
  const told = `told while it drained: ${JSON.stringify(steps)}`
  assert.ok(steps.length >= 2, told)
  for (const [index, { waiting }] of steps.slice(1).entries()) assert.ok(waiting <= (steps[index]?.waiting ?? 0), told)
  const estimates = steps.flatMap(({ emptyIn }) => emptyIn ?? [])
  assert.ok((estimates.at(-1) ?? Infinity) < (estimates[0] ?? 0), told)

  await page
    .getByRole('rowheader', { name: 'Sum of all partitions' })
    .locator('xpath=following-sibling::td[1]')
    .getByText('0', { exact: true })
    .waitFor()
  await verdictIs('healthy')
  const [count] = await stack.sql<{ count: string }>("SELECT count(*) FROM events WHERE event_id ~ '^e[0-9]+$'")
  assert.equal(Number(count?.count), EVENTS)
}
