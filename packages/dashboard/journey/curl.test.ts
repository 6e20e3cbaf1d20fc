import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { toCurl } from './curl.ts'

const run = promisify(execFile)

test('a shell that runs the command sends the very bytes, whatever is in them', async (t) => {
  const received: { body: string; key: string | undefined; apiKey: string | undefined }[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const header = (name: string) => request.headers[name] as string | undefined
    received.push({
      body: Buffer.concat(chunks).toString(),
      key: header('idempotency-key'),
      apiKey: header('x-api-key'),
    })
    response.end()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => server[Symbol.asyncDispose]())
  const ingestUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const body = `{"a": "it's $HOME \`id\` \\n \\u202e ; rm -rf x", "n": 1.10,\n "@file": "%41 & | > <"}`
  const idempotencyKey = `k'$(id)"1`
  await run('sh', ['-c', toCurl({ ingestUrl, idempotencyKey, body })], {
    env: { ...process.env, SLUICE_API_KEY: 'key_a' },
  })
  assert.deepEqual(received, [{ body, key: idempotencyKey, apiKey: 'key_a' }])
})
