import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { contentCodingOf } from './content-coding.ts'

describe('content coding', () => {
  const codings: [readonly string[] | undefined, ReturnType<typeof contentCodingOf>][] = [
    [undefined, 'identity'],
    [['identity'], 'identity'],
    [[''], 'identity'],
    [['gzip'], 'gzip'],
    [['GZip'], 'gzip'],
    [['x-gzip'], 'gzip'],
    [['identity, gzip'], 'gzip'],
    [['gzip', 'identity'], 'gzip'],
    [['gzip, gzip'], null],
    [['gzip', 'gzip'], null],
    [['deflate'], null],
    [['gzipped'], null],
    [['gzip;q=1'], null],
  ]
  for (const [values, coding] of codings)
    it(`of ${JSON.stringify(values ?? 'no field')} is ${coding ?? 'refused'}`, () =>
      assert.equal(contentCodingOf({ 'content-encoding': values }), coding))
})
