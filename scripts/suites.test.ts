import assert from 'node:assert/strict'
import { test } from 'node:test'
import { partSuites } from './suites.ts'

const FILES = [
  'packages/gate/src/redis-gate.service-test.ts',
  'packages/gate/src/redis/inspect.service-test.ts',
  'packages/gate/src/memory-gate.test.ts',
  'packages/event-log/src/kafka-event-log.service-test.ts',
  'e2e/faults/broker.service-test.ts',
]

test('runs everything when the engines are named', () => {
  const { run, notRun } = partSuites(FILES, { KAFKA_BROKERS: 'a:1', REDIS_ADDR: 'b:2' })
  assert.deepEqual([run, notRun], [[...FILES].sort(), []])
})

test('lists a suite whose engine nobody has named, with the reason', () => {
  const { run, notRun } = partSuites(FILES, { KAFKA_BROKERS: 'a:1', REDIS_ADDR: '' })
  assert.deepEqual(run, [
    'packages/event-log/src/kafka-event-log.service-test.ts',
    'packages/gate/src/memory-gate.test.ts',
  ])
  assert.deepEqual(notRun, [
    { file: 'e2e/faults/broker.service-test.ts', reason: 'REDIS_ADDR not set' },
    { file: 'packages/gate/src/redis-gate.service-test.ts', reason: 'REDIS_ADDR not set' },
    { file: 'packages/gate/src/redis/inspect.service-test.ts', reason: 'REDIS_ADDR not set' },
  ])
})

test('says that journeys and faults ran on the embedded stack alone', () => {
  const { run, notRun } = partSuites(['e2e/journeys/one-event.test.ts'], {})
  assert.deepEqual(run, ['e2e/journeys/one-event.test.ts'])
  assert.deepEqual(notRun, [{ file: 'e2e on the full stack', reason: 'KAFKA_BROKERS, REDIS_ADDR not set' }])
  assert.deepEqual(partSuites(['e2e/guards/lockfile.test.ts'], {}).notRun, [])
})

test('lists what needs a browser where there is none', () => {
  const files = ['e2e/browser/every-page.test.ts']
  assert.deepEqual(partSuites(files, {}, { hasBrowser: false, hasProgram: () => true }), {
    run: [],
    notRun: [
      { file: 'e2e/browser/every-page.test.ts', reason: 'no Chromium on this machine: apt-get install chromium' },
    ],
  })
  assert.deepEqual(partSuites(files, {}), { run: files, notRun: [] })
})

test('lists what needs a program that is not installed', () => {
  const files = ['infra/docker-compose.tool-test.ts', 'infra/shellcheck.tool-test.ts']
  const machine = { hasBrowser: true, hasProgram: (name: string) => name === 'shellcheck' }
  assert.deepEqual(partSuites(files, {}, machine), {
    run: ['infra/shellcheck.tool-test.ts'],
    notRun: [
      {
        file: 'infra/docker-compose.tool-test.ts',
        reason: 'no docker-compose on this machine: apt-get install --no-install-recommends docker-compose',
      },
    ],
  })
})
