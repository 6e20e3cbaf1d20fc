import { pickIndex, type Random } from '../seeded-random.ts'
import type { EventTemplate } from './event-body.ts'

/** Skewed on purpose, so that a list of the top event types has something to show: the first is drawn most. */
const EVENT_TYPES = ['page.viewed', 'cart.changed', 'order.placed', 'order.paid', 'user.signed_up', 'payment.failed']
const PLACES = ['Zürich', 'São Paulo', '東京', 'Kraków', 'Nairobi', 'Montréal']

const pickOf = <T>(random: Random, values: readonly T[]): T => {
  const value = values[pickIndex(random, values.length)]
  if (value === undefined) throw new RangeError('nothing to pick from')
  return value
}

/** An event of a web shop: 150 to 1,000 bytes of payload, nested, with Unicode and a number that no double can hold. */
export function syntheticEvent(random: Random): EventTemplate {
  const type = EVENT_TYPES[Math.floor(random() ** 2 * EVENT_TYPES.length)] ?? 'page.viewed'
  const items = Array.from({ length: 1 + pickIndex(random, 12) }, (_, position) => {
    const cents = 100 + pickIndex(random, 99_900)
    return `{"position":${position},"sku":"SKU-${pickIndex(random, 100_000)}","price":${(cents / 100).toFixed(2)},"quantity":${1 + pickIndex(random, 5)}}`
  })
  const customer = `{"id":90071992547409${1_000 + pickIndex(random, 9_000)},"city":${JSON.stringify(pickOf(random, PLACES))}}`
  return {
    eventType: type,
    payloadJson: `{"customer":${customer},"items":[${items.join(',')}],"express":${random() < 0.3}}`,
  }
}
