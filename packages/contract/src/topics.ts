/** The topics of the platform, with the partitions that each is made with. Their names stand here and nowhere else. */
export const TOPIC_PARTITIONS = { 'events.raw': 6, 'events.dlq': 3 } as const

/** Accepted events, as envelopes. */
export const RAW_TOPIC = 'events.raw'
/** Records that the processor set aside: the original value, byte for byte, with the reason in the headers. */
export const DLQ_TOPIC = 'events.dlq'
/** The consumer group that settles accepted events. Lag means this group's lag. */
export const PROCESSOR_GROUP = 'sluice-processor'
