import { once } from 'node:events'
import { connect } from 'node:net'

/** ApiVersions v0: api key 18, version 0, correlation id 1, no client id; its length in front. */
const API_VERSIONS_REQUEST = Buffer.from([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 0xff, 0xff])

/** Whether a broker there answers an ApiVersions request within a second: its port opens before it can. */
export async function answersApiVersions(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  socket.setTimeout(1_000, () => socket.destroy(new Error('no answer')))
  try {
    socket.write(API_VERSIONS_REQUEST)
    await once(socket, 'data')
    return true
  } catch {
    return false // that is the answer
  } finally {
    socket.destroy()
  }
}
