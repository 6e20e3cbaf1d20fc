/** One thing that `sluice doctor` looked at. */
export type Finding = {
  /** A few words: `Kafka answers`, `topic events.raw`. */
  subject: string
  /** `warning`: it works, but not as a production setup should. */
  state: 'ok' | 'warning' | 'fault'
  /** What was found, in a sentence; no secrets. */
  detail: string
  /** What to do about it, with the command where there is one; null when nothing is to be done. */
  remedy: string | null
}
