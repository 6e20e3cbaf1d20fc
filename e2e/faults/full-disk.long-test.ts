import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { eventually } from '@sluice/runtime/testing/eventually'
import { openStack } from '../open-stack.ts'
import type { Stack } from '../stack.ts'
import { expectLedger } from './expect-ledger.ts'
import { watchPart } from './under-load.ts'

/** A small disk of its own; null where this user may not mount one. */
function mountSmallDisk(t: TestContext, megabytes: number): { folder: string; grow(megabytes: number): void } | null {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder], { stdio: 'ignore' })
  } catch {
    rmSync(folder, { recursive: true })
    return null
  }
  t.after(() => {
    execFileSync('umount', ['--lazy', folder])
    rmSync(folder, { recursive: true, force: true })
  })
  return {
    folder,
    grow: (size) => void execFileSync('mount', ['-o', `remount,size=${size}m`, folder]),
  }
}

/** PostgreSQL's own user must own the folder of a tablespace. */
async function giveToPostgres(stack: Stack, folder: string): Promise<void> {
  const [row] = await stack.sql<{ dir: string }>("SELECT current_setting('data_directory') AS dir")
  const { uid, gid } = statSync(row?.dir ?? '')
  chownSync(folder, uid, gid)
  chmodSync(folder, 0o700)
}

test('embedded: R15: a full disk under the table of events is waited for, and nothing is set aside', {
  timeout: 600_000,
}, async (t) => {
  const disk = mountSmallDisk(t, 8)
  if (disk === null) {
    t.skip('not run: this user may not mount a tmpfs')
    return
  }
  const stack = await openStack(t, 'embedded', { RATE_LIMIT_PER_MIN: '1000000' })
  await giveToPostgres(stack, disk.folder)
  await stack.sql(`CREATE TABLESPACE small LOCATION '${disk.folder}'`)
  await stack.sql('ALTER TABLE events SET TABLESPACE small')
  const processor = await watchPart(stack, 'processor')
  const retries = () => processor.metric('sluice_processor_retries_total', 'STORE_UNAVAILABLE')
  await expectLedger(t, stack, async () => {
    // What is left of the disk goes to a table that nobody needs.
    await stack.sql('CREATE TABLE ballast (filler text) TABLESPACE small')
    await stack.sql('ALTER TABLE ballast ALTER COLUMN filler SET STORAGE EXTERNAL')
    const fill = (bytes: number) =>
      stack.sql(`INSERT INTO ballast SELECT repeat('x', ${bytes}) FROM generate_series(1, 20)`)
    for (const bytes of [100_000, 10_000, 100])
      for (let isFull = false; !isFull; ) isFull = await fill(bytes).then(() => false, isDiskFull)
    const before = await retries()
    await eventually(async () => (await retries()) >= before + 2, { message: 'the disk being full' })
    await eventually(async () => (await processor.readiness()) === 503)
    disk.grow(256)
    await eventually(async () => (await processor.readiness()) === 200)
  })
  assert.equal(await processor.metric('sluice_processor_dead_letters_total', 'UNSTORABLE'), 0)
})

function isDiskFull(error: unknown): true {
  assert.equal((error as { code?: string }).code, '53100')
  return true
}
