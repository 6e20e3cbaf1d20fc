import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { judgeEvent } from '@sluice/contract/event'
import { checkObject } from '@sluice/contract/i-json'
import { parseCorpusLine } from '../events/corpus.ts'
import { encodeEventBody } from '../events/event-body.ts'
import { readWebhookExamples, toWebhookCorpus } from './webhook-corpus.ts'

describe('corpus of webhooks', () => {
  it('names each event by its webhook and action, and keeps every digit', () => {
    const json =
      '[{"name":"push","examples":[{"size":1.10}]},{"name":"issues","examples":[{"action":"opened","id":90071992547409931}]}]'
    assert.equal(
      toWebhookCorpus(json),
      '{"event_type":"github.push","payload":{"size":1.10}}\n{"event_type":"github.issues.opened","payload":{"action":"opened","id":90071992547409931}}\n',
    )
  })

  it('has more than 300 real payloads, each of which ingest takes in and the processor finds valid', () => {
    const lines = toWebhookCorpus(readWebhookExamples()).trimEnd().split('\n')
    assert.ok(lines.length > 300)
    for (const [index, line] of lines.entries()) {
      const template = parseCorpusLine(line, index + 1)
      const body = encodeEventBody({ eventId: `e-${index}`, occurredAt: '2026-01-01T00:00:00.000Z', template })
      assert.equal(checkObject(body), null, template.eventType)
      assert.equal(judgeEvent(body).type, 'valid', template.eventType)
    }
  })
})
