/** As many dead letters a job takes: their ids are written down when it is made, 100,000 in about a second. */
export const MAX_JOB_SIZE = 100_000
/** Beside the live events of a processor that settles some 10,000 a second. */
export const MAX_JOB_RATE_PER_SECOND = 1_000
