import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { temporaryFolder } from '../testing/run-command.ts'
import { CORPUS_EVENT_TYPE, CorpusError, parseCorpusLine, readCorpus } from './corpus.ts'

describe('corpus', () => {
  it('takes type and payload of a line that has both, the payload as text', () => {
    assert.deepEqual(
      parseCorpusLine('{"event_type":"a\\u002eb", "payload": {"n":12345678901234567890, "é":1.10}}', 1),
      {
        eventType: 'a.b',
        payloadJson: '{"n":12345678901234567890, "é":1.10}',
      },
    )
  })

  it('takes any other object as the payload', () => {
    for (const line of ['{"n":1}', '{"event_type":"a","payload":7}', '{"payload":{}}'])
      assert.deepEqual(parseCorpusLine(line, 1), { eventType: CORPUS_EVENT_TYPE, payloadJson: line })
  })

  it('names the line that cannot be sent', async (t) => {
    const file = join(temporaryFolder(t), 'corpus.ndjson')
    writeFileSync(file, '{"n":1}\n\n[1]\n')
    await assert.rejects(
      readCorpus(file),
      (error) => error instanceof CorpusError && error.message.startsWith('line 3:'),
    )
  })

  it('refuses a file without a line', async (t) => {
    const file = join(temporaryFolder(t), 'corpus.ndjson')
    writeFileSync(file, '\n')
    await assert.rejects(readCorpus(file), CorpusError)
  })
})
