import type { ChildProcess } from 'node:child_process'

/** What a process has written so far, lines and complaints in the order in which they came. */
export function collectOutput(child: ChildProcess): () => string {
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
  return () => text
}
