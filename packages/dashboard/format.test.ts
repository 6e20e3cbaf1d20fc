import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  countOf,
  formatBytes,
  formatCount,
  formatMs,
  formatRate,
  formatSeconds,
  formatShare,
  formatShortCount,
  shortenMiddle,
} from './format.ts'

describe('numbers for people', () => {
  it('counts, and shows the unknown as such', () => {
    assert.deepEqual([0, 1, 999, 1_000, 1_204_311, null].map(formatCount), ['0', '1', '999', '1,000', '1,204,311', '–'])
    assert.deepEqual([0, 999_999, 1_204_311, null].map(formatShortCount), ['0', '999,999', '1.2 M', '–'])
    assert.deepEqual(
      [countOf(1, 'event'), countOf(2, 'event'), countOf(0, 'reply', 'replies')],
      ['1 event', '2 events', '0 replies'],
    )
  })

  it('tells times in at most two units', () => {
    assert.deepEqual([0, 0.4, 41, 999, 1_000, 1_234, 185_000, null].map(formatMs), [
      '0 ms',
      '< 1 ms',
      '41 ms',
      '999 ms',
      '1 s',
      '1.2 s',
      '3 m 5 s',
      '–',
    ])
    assert.deepEqual([0, -3, 40, 60, 130, 3_600, 11_100, 187_200, null].map(formatSeconds), [
      '0 s',
      '0 s',
      '40 s',
      '1 m',
      '2 m 10 s',
      '1 h',
      '3 h 5 m',
      '2 d 4 h',
      '–',
    ])
  })

  it('tells rates and shares', () => {
    assert.deepEqual([0, 0.33, 9.96, 85.4, null].map(formatRate), ['0/s', '0.3/s', '10/s', '85/s', '–'])
    assert.deepEqual([0, 0.001, 0.5, 1, null].map(formatShare), ['0 %', '< 1 %', '50 %', '100 %', '–'])
  })

  it('shortens ids in the middle and tells bytes', () => {
    assert.equal(shortenMiddle('01936f0a-0000-7000-8000-00000000c0de'), '01936f0a-00…0c0de')
    assert.equal(shortenMiddle('short'), 'short')
    assert.deepEqual([0, 1023, 1024, 27_700].map(formatBytes), ['0 B', '1023 B', '1 KiB', '27.1 KiB'])
  })
})
