import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PAGES } from '../shell/pages.ts'
import { allCommands, matchingCommands } from './commands.ts'

const KEPT = { tenant: 'acme' }
const all = allCommands(KEPT, false)
const names = (typed: string) => matchingCommands(typed, all, KEPT).map(({ name }) => name)

test('every page can be gone to, each by a letter of its own', () => {
  for (const { name } of PAGES) assert.ok(names('').includes(`Go to ${name}`))
  assert.equal(new Set(PAGES.map(({ letter }) => letter)).size, PAGES.length)
})

test('words of a command find it; the search stands below', () => {
  assert.deepEqual(names('  DEAD go '), ['Go to Dead letters', 'Find DEAD go'])
  assert.equal(names('refresh')[0], 'Pause refreshing')
})

test('whatever is no word of a command is an id to be found, and keeps the tenant', () => {
  const id = '01936f0a-0000-7000-8000-000000000001'
  const [first] = matchingCommands(id, all, KEPT)
  assert.ok(first !== undefined && 'href' in first)
  assert.deepEqual([first.name, first.href], [`Find ${id}`, `/search?tenant=acme&q=${id}`])
  assert.equal(names('x'.repeat(200))[0]?.length, 'Find '.length + 61)
})

test('what pauses says what it would do', () => {
  assert.ok(allCommands({}, true).some(({ name }) => name === 'Resume refreshing'))
})
