import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import { eventually } from '@sluice/runtime/testing/eventually'
import { type Console, openConsole, settled } from './console.ts'

const TOKEN = 'the-admin-token-of-this-test'
let console: Console
before(async () => {
  console = await openConsole({ token: TOKEN })
})
after(() => console[Symbol.asyncDispose]())
afterEach(() => console.browser.closePages())

const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(console.dashboard.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })

async function signIn(): Promise<string> {
  // Wrong tokens of another test in the same second slow this one down, too.
  const response = await eventually(async () => {
    const answer = await post('/api/session', { token: TOKEN }, { origin: console.dashboard.url })
    return answer.status === 204 && answer
  })
  return (response.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
}

describe('signing in', () => {
  it('asks once, and leads back to where somebody wanted to go', async () => {
    const { page } = await console.open('/pipeline?range=6h')
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await page.getByLabel('Admin token').fill('wrong')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('This is not the admin token.').waitFor()
    await page.getByLabel('Admin token').fill(TOKEN)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: 'Pipeline' }).waitFor()
    assert.equal(new URL(page.url()).searchParams.get('range'), '6h')
    await settled(page)
    const [cookie] = (await page.context().cookies()).filter(({ name }) => name === 'sluice_session')
    assert.ok(cookie)
    assert.deepEqual({ httpOnly: cookie.httpOnly, sameSite: cookie.sameSite }, { httpOnly: true, sameSite: 'Strict' })
    const seen = `${cookie.value} ${await page.content()} ${await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }))}`
    assert.ok(!seen.includes(TOKEN), 'the token reached the browser')
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  })

  it('says when the session is over, and keeps the page', async () => {
    const { page } = await console.open('/')
    await page.getByLabel('Admin token').fill(TOKEN)
    await page.keyboard.press('Enter')
    // The page of the sign-in has a heading and no skeleton, too.
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
    await settled(page)
    const cookies = await page.context().cookies()
    await page.context().clearCookies()
    const again = page.getByRole('link', { name: 'Sign in again' })
    await again.waitFor()
    await page.getByRole('table', { name: 'Latest events' }).waitFor()
    // As by signing in in another tab.
    await page.context().addCookies(cookies)
    await again.waitFor({ state: 'detached' })
  })
})

describe('the one door', () => {
  it('S4: is shut without a session, for pages and answers alike', async () => {
    for (const path of ['/', '/pipeline', '/dlq', '/search', '/events/01936f0a-0000-7000-8000-000000000001']) {
      const response = await fetch(console.dashboard.url + path, { redirect: 'manual' })
      assert.equal(response.status, 307, path)
      assert.match(response.headers.get('location') ?? '', /^\/sign-in/, path)
    }
    const asked = console.fake.requests.length
    for (const cookie of [
      '',
      'sluice_session=',
      'sluice_session=1999999999999.AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    ]) {
      const response = await fetch(`${console.dashboard.url}/api/admin/overview`, { headers: { cookie } })
      assert.equal(response.status, 401)
    }
    // A header that once walked past every middleware.
    const bypass = await fetch(`${console.dashboard.url}/api/admin/overview`, {
      headers: { 'x-middleware-subrequest': 'proxy:proxy:proxy:proxy:proxy' },
    })
    assert.equal(bypass.status, 401)
    assert.equal(console.fake.requests.length, asked)
  })

  it('S8: passes on what it lists and nothing else', async () => {
    const cookie = await signIn()
    const get = (path: string) => fetch(console.dashboard.url + path, { headers: { cookie } })
    assert.equal((await get('/api/admin/overview')).status, 200)
    for (const path of [
      '/api/admin/keys',
      '/api/admin/dlq/%2e%2e%2fkeys',
      '/api/admin/%2e%2e/metrics',
      '/api/admin/receipts/a%2fb',
      '/api/admin',
      '/api/metrics',
    ])
      assert.equal((await get(path)).status, 404, path)
    await get('/api/admin/overview?tenant=a&token=x')
    assert.equal(console.fake.requests.at(-1), 'GET /admin/overview?tenant=a')
    for (const method of ['PUT', 'PATCH', 'DELETE'])
      assert.equal(
        (await fetch(`${console.dashboard.url}/api/admin/overview`, { method, headers: { cookie } })).status,
        405,
      )
  })

  it('S6: takes changes from its own pages only', async () => {
    const cookie = await signIn()
    const body = { filter: { state: 'open' } }
    const origin = console.dashboard.url
    assert.equal((await post('/api/admin/dlq/check', body, { cookie, origin })).status, 200)
    const strangers: Record<string, string>[] = [{}, { origin: 'https://evil.example' }, { origin: 'null' }]
    for (const foreign of strangers)
      assert.equal((await post('/api/admin/dlq/check', body, { cookie, ...foreign })).status, 403)
    assert.equal(
      (await post('/api/admin/dlq/check', body, { cookie, origin, 'content-type': 'text/plain' })).status,
      415,
    )
    assert.equal((await post('/api/session', { token: TOKEN }, { origin: 'https://evil.example' })).status, 403)
  })

  it('slows down who guesses', async () => {
    const tries = await Promise.all(
      Array.from({ length: 12 }, () => post('/api/session', { token: 'guess' }, { origin: console.dashboard.url })),
    )
    assert.ok(tries.some(({ status }) => status === 429))
    assert.ok(tries.every(({ status }) => status === 429 || status === 401))
  })

  it('says in one form that the Admin API does not answer', async () => {
    const cookie = await signIn()
    await console.fake[Symbol.asyncDispose]()
    const response = await fetch(`${console.dashboard.url}/api/admin/overview`, {
      headers: { cookie, 'x-request-id': 'asked-by-me' },
    })
    assert.equal(response.status, 503)
    assert.equal(response.headers.get('content-type'), 'application/problem+json')
    const problem = (await response.json()) as { code: string; request_id: string }
    assert.deepEqual({ code: problem.code, id: problem.request_id }, { code: 'ADMIN_UNREACHABLE', id: 'asked-by-me' })
    assert.ok(!console.dashboard.output().includes(TOKEN), 'the token stands in the log')
  })
})
