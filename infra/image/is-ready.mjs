// For health checks of containers, which have no curl: ends with 0 when the process beside it answers.
//   node is-ready.mjs PORT [PATH]
const [port, path = '/readyz'] = process.argv.slice(2)
const ready = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(4_000) }).then(
  ({ ok }) => ok,
  () => false,
)
process.exit(ready ? 0 : 1)
