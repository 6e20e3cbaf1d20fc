import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

const ID = /\b[RBHSD]\d{1,2}\b/g
/** A title, or a row of a table that a title is made of: what begins with ids and goes on with a colon. */
const TITLES = [
  /['"`](?:\$\{kind\}: |full: |embedded: )?((?:[RBHSD]\d{1,2} )*[RBHSD]\d{1,2}): /g,
  /^ {2}([RBHSD]\d{1,2}): \{$/gm,
]
const SUITES = '{packages,e2e}/**/*.{test,service-test,long-test,contract}.ts'

/** Ids of the cases that a suite has, by its file. */
function casesOf(file: string): string[] {
  const text = readFileSync(file, 'utf8')
  return TITLES.flatMap((title) => [...text.matchAll(title)].flatMap(([, ids = '']) => ids.split(' ')))
}

/** The rows of docs/reliability.md that name a case: their ids, and the suites that they name. */
function rowsOfPage(): { ids: string[]; files: string[] }[] {
  return readFileSync('docs/reliability.md', 'utf8')
    .split('\n')
    .filter((line) => /^\| [RBHSD]\d/.test(line))
    .map((line) => {
      const [, first = ''] = line.split('|')
      const files = [...line.matchAll(/`((?:packages|e2e)\/[^`]+\.ts)`/g)].map(([, file = '']) => file)
      return { ids: first.match(ID) ?? [], files }
    })
}

test('each case of docs/reliability.md is the title of a test in each suite that it names, and each such title stands there', () => {
  const suites = globSync(SUITES, { exclude: (path) => /node_modules|\.next/.test(path) })
  const found = new Map(suites.map((file) => [file, casesOf(file)]))
  const rows = rowsOfPage()
  assert.notEqual(rows.length, 0)
  for (const { ids, files } of rows) {
    assert.notEqual(files.length, 0, `${ids} names no suite`)
    const inFiles = files.flatMap((file) => found.get(file) ?? assert.fail(`${file} is no suite`))
    for (const id of ids) assert.ok(inFiles.includes(id), `no title in ${files} begins with ${id}`)
    for (const file of files)
      assert.ok(
        found.get(file)?.some((id) => ids.includes(id)),
        `${file} has no title that begins with one of ${ids}`,
      )
  }
  const named = new Set(rows.flatMap(({ ids }) => ids))
  for (const [file, ids] of found)
    for (const id of ids) assert.ok(named.has(id), `${id} of ${file} does not stand in docs/reliability.md`)
})
