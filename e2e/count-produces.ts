import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'

/** API key of Produce in Kafka's protocol. */
const PRODUCE = 0

/** A way to a broker on which the Produce requests are counted. */
export type ProduceCounter = AsyncDisposable & { port: number; produces(): number }

/** Listens on a port of its own and carries every byte to the broker at `brokerPort` and back. */
export async function countProduces(brokerPort: number): Promise<ProduceCounter> {
  let produces = 0
  const server = createServer((client) => {
    const broker = connect(brokerPort, '127.0.0.1')
    const count = countFrames((apiKey) => {
      if (apiKey === PRODUCE) produces += 1
    })
    client.on('data', count)
    client.pipe(broker).pipe(client)
    // One side that breaks takes the other along, as a cut line would.
    client.on('error', () => broker.destroy())
    broker.on('error', () => client.destroy())
    client.on('close', () => broker.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  server.unref()
  return {
    port: (server.address() as AddressInfo).port,
    produces: () => produces,
    async [Symbol.asyncDispose]() {
      server.close()
    },
  }
}

/** Kafka's requests are frames: their length in four bytes, then the API key in two, whatever pieces the bytes come in. */
function countFrames(onFrame: (apiKey: number) => void): (bytes: Buffer) => void {
  let rest = Buffer.alloc(0)
  return (bytes) => {
    rest = Buffer.concat([rest, bytes])
    while (rest.length >= 6 && rest.length >= 4 + rest.readInt32BE(0)) {
      onFrame(rest.readInt16BE(4))
      rest = rest.subarray(4 + rest.readInt32BE(0))
    }
  }
}
