/**
 * How the server is started, so that its memory stays flat: with Node's defaults 5,400 answers in a burst take it from 130 to 490 MB, though what
 * it keeps is 35. `packages/cli/src/dev/parts.ts` and `infra/docker-compose.yml` start it with the same.
 */
export const MEMORY = {
  flags: [
    // Answers die young. With 16 MB for the young they are many when they are counted, and too many are taken for old.
    '--max-semi-space-size=4',
    // Seven times what it keeps: room for twenty answers of 1 MiB at a time, each as text, as JSON and as bytes.
    '--max-old-space-size=256',
  ],
  // Large buffers are given back one by one. By itself glibc raises the limit with each that it sees, and holds on to all below.
  env: { MALLOC_TRIM_THRESHOLD_: '262144' },
} as const
