import type { Pool } from '@sluice/runtime/postgres'

/** Told the name of a topic when it has new records. */
export const APPENDED_CHANNEL = 'sluice_log'

/**
 * Wakes the consumers of a topic by NOTIFY, which goes out after the append's COMMIT: inside, it would hold a lock of the
 * whole database through the sync. Announcements asked for while one is on its way become one. Best effort: consumers
 * also poll.
 */
export function createAnnounce(pool: Pool): (topic: string) => void {
  const onItsWay = new Map<string, { again: boolean }>()
  const send = (topic: string) => {
    const state = { again: false }
    onItsWay.set(topic, state)
    const done = () => {
      onItsWay.delete(topic)
      if (state.again) send(topic)
    }
    const query = { name: 'log_notify', text: 'SELECT pg_notify($1, $2)', values: [APPENDED_CHANNEL, topic] }
    pool.query(query).then(done, () => onItsWay.delete(topic))
  }
  return (topic) => {
    const state = onItsWay.get(topic)
    if (state) state.again = true
    else send(topic)
  }
}
