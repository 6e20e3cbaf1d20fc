import { pickIndex, type Random } from '../seeded-random.ts'
import type { EventTemplate } from './event-body.ts'
import { syntheticEvent } from './synthetic-event.ts'

/** Sizes of payloads in bytes, both ends included. */
export type PayloadBytes = { min: number; max: number }

/** What an event says, drawn from the random numbers of its place. */
export type Content = (random: Random) => EventTemplate

/** Contents of a corpus, else made up; of the sizes asked for, else as they come. */
export function createContent(corpus: readonly EventTemplate[] | null, sizes: PayloadBytes | null): Content {
  return (random) => {
    const template = corpus?.[pickIndex(random, corpus.length)] ?? syntheticEvent(random)
    return sizes === null ? template : fillUp(template, sizes.min + pickIndex(random, sizes.max - sizes.min + 1))
  }
}

/** Brings a payload to about `bytes` by one more member; one that is larger already stays as it is. */
function fillUp(template: EventTemplate, bytes: number): EventTemplate {
  const { payloadJson } = template
  const missing = bytes - Buffer.byteLength(payloadJson) - ',"filler":""'.length
  if (missing <= 0) return template
  const comma = /^\{\s*\}$/.test(payloadJson) ? '' : ','
  return { ...template, payloadJson: `${payloadJson.slice(0, -1)}${comma}"filler":"${'x'.repeat(missing)}"}` }
}
