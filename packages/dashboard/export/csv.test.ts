import assert from 'node:assert/strict'
import { test } from 'node:test'
import { csvCell, csvLine } from './csv.ts'

test('a line is quoted where it must be, and unknown cells are empty', () => {
  assert.equal(
    csvLine(['a', 'b,c', 'say "so"', 'two\nlines', null, undefined, 7]),
    'a,"b,c","say ""so""","two\nlines",,,7\r\n',
  )
})

for (const text of ['=cmd()', '+1', '-1+2', '@SUM(A1)', '\t=1', '\r=1'])
  test(`no spreadsheet computes ${JSON.stringify(text)}`, () => assert.match(csvCell(text), /^"?'/))

test('a number of ours stays one, below zero too', () => assert.equal(csvCell(-5), '-5'))
