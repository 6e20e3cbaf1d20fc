// A part for the supervisor's tests: answers /readyz on the port that the setting named by its first argument says, and does on demand what real parts do
// by misfortune. It leaves on SIGTERM and when its supervisor is gone, as every process of ours does.
import { createServer, type RequestListener } from 'node:http'

const [portSetting = '', operationsPortSetting = ''] = process.argv.slice(2)

if (process.env.FIXTURE_WRONG_SETTINGS === portSetting) {
  process.stderr.write('fixture: SOME_SETTING must be a number\n')
  process.exit(2)
}

let isReady = process.env.FIXTURE_NEVER_READY !== portSetting

const answer: RequestListener = (request, response) => {
  switch (request.url) {
    case '/readyz':
      response.writeHead(isReady ? 200 : 503).end()
      return
    case '/crash':
      process.exit(1)
      return
    case '/break':
      isReady = false
      response.end()
      return
    case '/env':
      response.end(JSON.stringify(process.env))
      return
    default:
      response.writeHead(404).end()
  }
}

const leave = () => process.exit(0)
if (process.env.FIXTURE_IGNORES_SIGTERM === portSetting)
  process.on('SIGTERM', () => process.stdout.write('asked to leave\n'))
else process.on('SIGTERM', leave)
process.on('disconnect', leave)
process.channel?.unref()

const operationsPort = process.env[operationsPortSetting]
if (operationsPort !== undefined) createServer(answer).listen(Number(operationsPort), '127.0.0.1')
createServer(answer).listen(
  { port: Number(process.env[portSetting]), host: '127.0.0.1', reusePort: Number(process.env.INGEST_WORKERS) > 1 },
  () => process.stdout.write(`listening ${portSetting}\n`),
)
