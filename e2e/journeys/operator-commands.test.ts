import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { eventually } from '@sluice/runtime/testing/eventually'
import { openStack } from '../open-stack.ts'
import { eventText } from '../send.ts'
import { inheritedEnv } from '../sluice-dev.ts'

const CLI = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url))

test('an operator sends, traces and looks at what waits and what failed', { timeout: 900_000 }, async (t) => {
  const stack = await openStack(t, 'embedded')
  const { database_url: databaseUrl } = await stack.status()
  const sluice = async (args: string[], stdin = '') => {
    const child = spawn(process.execPath, [CLI, ...args], {
      env: {
        ...inheritedEnv(),
        ADMIN_URL: stack.adminUrl,
        INGEST_URL: stack.ingestUrl,
        DATABASE_URL: databaseUrl,
        ...Object.fromEntries(['INGEST', 'ADMIN', 'PROCESSOR'].map((name) => [`${name}_PORT`, '0'])),
      },
    })
    child.stdin.end(stdin)
    const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
    return { code: code as number, stdout, stderr }
  }
  let receipt = ''

  await t.test('send prints the receipt, and the same file again is a duplicate', async () => {
    const first = await sluice(['send'], eventText('o-1', '{"n":12345678901234567890}'))
    assert.deepEqual([first.code, first.stdout.split('  ')[0]], [0, 'accepted'], first.stderr)
    receipt = first.stdout.trim().split('  ')[1] ?? ''
    // What the gate of a busy machine had no time to hear of is accepted once more, and known then.
    const accepted: unknown[] = [receipt]
    const same = await eventually(async () => {
      const again = await sluice(['send', '--json'], eventText('o-1', '{"n":12345678901234567890}'))
      const { duplicate, receipt_id: told } = JSON.parse(again.stdout) as Record<string, unknown>
      if (duplicate === false) accepted.push(told)
      return duplicate === true && told
    })
    assert.ok(accepted.includes(same), `${same} of ${accepted}`)
  })

  await t.test('trace finds it by receipt, by event id and by key', async () => {
    const found = await eventually(async () => {
      const end = await sluice(['trace', receipt])
      return end.stdout.includes('stored') && end
    })
    assert.match(found.stdout, new RegExp(`^${receipt}  stored\n`))
    const byId = await sluice(['trace', 'o-1', '--json'])
    assert.equal((JSON.parse(byId.stdout) as { receipt_id: string }).receipt_id, receipt)
    const nobody = await sluice(['trace', 'no-such-event'])
    assert.deepEqual([nobody.code, nobody.stdout], [5, ''])
  })

  await t.test('events ls shows it, with every digit as JSON', async () => {
    assert.match((await sluice(['events', 'ls'])).stdout, /tenant_a +order\.created +o-1/)
    assert.match((await sluice(['events', 'ls', '--json'])).stdout, /12345678901234567890/)
    assert.equal((await sluice(['events', 'ls', '--limit', '201'])).code, 2)
  })

  await t.test('dlq ls and show tell a dead letter with the event as it was sent', async () => {
    const sent = await sluice(['send', '--key', 'bad-1'], '{"event_id":"bad-1","event_type":"\\u001b[2J"}')
    assert.equal(sent.code, 0)
    const list = await eventually(async () => {
      const { stdout } = await sluice(['dlq', 'ls', '--json'])
      const { data } = JSON.parse(stdout) as { data: { id: string; reason: string }[] }
      return data.length > 0 && data
    })
    const shown = await sluice(['dlq', 'show', list[0]?.id ?? ''])
    assert.match(shown.stdout, /reason +MISSING_FIELD/)
    assert.ok(shown.stdout.includes('{"event_id":"bad-1","event_type":"\\u001b[2J"}'))
    assert.ok(!shown.stdout.includes('\u001b'))
  })

  await t.test('a dead letter is checked, edited and redriven, another is dismissed, and the sum closes', async () => {
    const edit = JSON.stringify([
      { op: 'replace', path: '/event_type', value: 'order.created' },
      { op: 'add', path: '/schema_version', value: 1 },
      { op: 'add', path: '/occurred_at', value: '2026-01-31T12:00:00Z' },
      { op: 'add', path: '/payload', value: {} },
    ])
    for (const key of ['bad-2', 'bad-3'])
      assert.equal((await sluice(['send', '--key', key], `{"event_id":"${key}","event_type":"x"}`)).code, 0)
    const open = await eventually(async () => {
      const { stdout } = await sluice(['dlq', 'ls', '--json'])
      const { data } = JSON.parse(stdout) as { data: { id: string; event_id: string }[] }
      return data.length === 3 && data
    })
    const checked = await sluice(['dlq', 'check', '--type', 'x', '--edit', '-'], edit)
    assert.deepEqual([checked.code, /^2 match; [^\n]*\n2 would pass, 0 would fail\n/.test(checked.stdout)], [0, true])
    assert.equal((await sluice(['dlq', 'redrive', '--type', 'x', '--edit', '-'], edit)).code, 2)
    const done = await sluice(['dlq', 'redrive', '--type', 'x', '--edit', '-', '--by', 'ada', '--yes', '--wait'], edit)
    assert.deepEqual([done.code, /state +done\n[\s\S]*stored +2\n/.test(done.stdout)], [0, true], done.stderr)
    const jobs = await sluice(['redrives', 'ls', '--json'])
    const [job] = (JSON.parse(jobs.stdout) as { data: { id: string; by: string }[] }).data
    assert.equal(job?.by, 'ada')
    assert.match((await sluice(['redrives', 'show', job?.id ?? ''])).stdout, /state +done\n/)
    assert.equal((await sluice(['redrives', 'cancel', job?.id ?? ''])).code, 1)
    assert.equal((await sluice(['dlq', 'check', '--type', 'x'])).code, 5)

    const last = open.find(({ event_id: eventId }) => eventId === 'bad-1')?.id ?? ''
    const dismissed = await sluice(['dlq', 'dismiss', last, '--note', 'test data'])
    assert.deepEqual([dismissed.code, dismissed.stdout], [0, `${last}  dismissed\n`])
    // A row is there a moment before the log hears that it is settled. What a busy machine had to be sent again is a repeat.
    await eventually(async () => {
      const { stdout } = await sluice(['balance'])
      const sum = /^(\d+) accepted = 3 stored \+ 1 dead-lettered \+ (\d+) repeats \+ 0 waiting\n/.exec(stdout)
      assert.equal(Number(sum?.[1]), 4 + Number(sum?.[2]), stdout)
      return true
    })
    assert.match((await sluice(['tenants', 'ls'])).stdout, /\ntenant_a +\d/)
  })

  await t.test('tail shows what is sent while it runs', async () => {
    const child = spawn(process.execPath, [CLI, 'tail', '--json'], {
      env: { ...inheritedEnv(), ADMIN_URL: stack.adminUrl },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let stdout = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk
    })
    // It shows nothing of before it began, and does not say when that is: so something is sent until it is seen.
    let nth = 0
    await eventually(async () => {
      nth += 1
      await sluice(['send'], eventText(`tail-${nth}`))
      return stdout.includes('"outcome":"stored"')
    })
    child.kill('SIGINT')
    const [code] = await once(child, 'close')
    assert.equal(code, 130)
    for (const line of stdout.trim().split('\n'))
      assert.match((JSON.parse(line) as { event_id: string }).event_id, /^tail-/)
  })

  await t.test('lag is 0 and says who consumes, doctor finds all in place', async () => {
    // The last one sent above may still be on its way.
    await eventually(async () => {
      const lag = await sluice(['lag'])
      return lag.code === 0 && /\n0 waiting, .*a processor is at work/.test(lag.stdout)
    })
    const doctor = await sluice(['doctor', '--json'])
    const { findings } = JSON.parse(doctor.stdout) as { findings: { subject: string; state: string }[] }
    // A slow machine draws a warning about its round trips; nothing has to be mended.
    assert.deepEqual(
      findings.filter(({ state }) => state === 'fault'),
      [],
    )
    assert.ok(findings.some(({ subject }) => subject === 'the store answers'))
    assert.equal(doctor.code, 0)
  })
})
