import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openIngest } from './testing/open-ingest.ts'

const get = (path: string) => ({ method: 'GET', path })

describe('ingest beside POST /events', () => {
  it('publishes its API, and a page for people', async (t) => {
    const { send } = await openIngest(t)
    const { status, json } = await send(get('/openapi.json'))
    assert.equal(status, 200)
    type Post = { responses: object; requestBody: { content: object } }
    const paths = json.paths as Record<string, { post: Post }>
    const bodiesOf = (path: string) => Object.keys(paths[path]?.post.requestBody.content ?? {})
    assert.deepEqual(bodiesOf('/events'), ['application/json', 'application/cloudevents+json'])
    assert.deepEqual(bodiesOf('/events/batch'), ['application/json', 'application/cloudevents-batch+json'])
    const { post } = paths['/events'] ?? {}
    assert.deepEqual(Object.keys(post?.responses ?? {}), [
      '202',
      '400',
      '401',
      '408',
      '409',
      '413',
      '415',
      '422',
      '429',
      '431',
      '503',
      'default',
    ])
    assert.ok((await send(get('/docs'))).status < 400)
  })

  it('tells its health', async (t) => {
    const { send } = await openIngest(t)
    for (const path of ['/health', '/readyz']) {
      const { status, json } = await send(get(path))
      assert.deepEqual([path, status, json.status], [path, 200, 'ok'])
    }
    assert.equal((await send(get('/healthz'))).status, 200)
  })

  it('counts answers to events among all requests, and refusals by code', async (t) => {
    const { send } = await openIngest(t)
    await send()
    await send({ body: '{' })
    const { status, text } = await send(get('/metrics'))
    assert.equal(status, 200)
    const series = text.split('\n').filter((line) => line.includes('route="/events"') && line.includes('_total'))
    assert.equal(series.length, 2)
    for (const code of ['202', '400'])
      assert.ok(series.some((line) => line.includes(`status="${code}"`) && line.endsWith(' 1')))
    assert.match(text, /sluice_ingest_refused_total\{[^}]*code="MALFORMED_BODY"[^}]*\} 1/)
  })

  it('answers 405 with the methods of /events, and 404 to other paths and spellings', async (t) => {
    const { send } = await openIngest(t)
    const wrongMethod = await send(get('/events'))
    assert.deepEqual([wrongMethod.status, wrongMethod.headers.allow], [405, 'OPTIONS, POST'])
    for (const path of ['/event', '/%65vents', '/events/'])
      assert.deepEqual([path, (await send({ path })).json.code], [path, 'NOT_FOUND'])
  })
})
