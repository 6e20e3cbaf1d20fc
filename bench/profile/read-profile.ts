import { fileURLToPath } from 'node:url'

/** What `--cpu-prof` writes: the Chrome DevTools protocol's Profiler.Profile, times in microseconds of the monotonic clock. */
export type CpuProfile = {
  nodes: readonly ProfileNode[]
  startTime: number
  samples: readonly number[]
  timeDeltas: readonly number[]
}

type ProfileNode = {
  id: number
  callFrame: { functionName: string; url: string; lineNumber: number }
  children?: readonly number[]
}

/** Microseconds by name, most first. */
export type Shares = readonly (readonly [name: string, micros: number])[]

const root = fileURLToPath(new URL('../..', import.meta.url))
const OF_A_LIBRARY = /node_modules\/((?:@[^/]+\/)?[^/]+)\//
const OF_OURS = /packages\/([^/]+)\//

/**
 * Where the main thread's time went between two moments, own time only, by the part that the code belongs to and by function. What has no
 * source, a write into a socket for one, counts as its caller's; waiting for work is left out, taking out the garbage is a part.
 * @param fromMicros and `toMicros` as `process.hrtime` counts, in microseconds
 */
export function sharesOf(
  profile: CpuProfile,
  fromMicros: number,
  toMicros: number,
): { parts: Shares; functions: Shares } {
  const parents = new Map<number, ProfileNode>()
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]))
  for (const node of profile.nodes) for (const child of node.children ?? []) parents.set(child, node)
  const parts = new Map<string, number>()
  const functions = new Map<string, number>()
  let at = profile.startTime
  for (const [nth, id] of profile.samples.entries()) {
    at += profile.timeDeltas[nth] ?? 0
    const node = nodes.get(id)
    if (node === undefined || at < fromMicros || at > toMicros || node.callFrame.functionName === '(idle)') continue
    // A sample stands for the time until the next one.
    const micros = profile.timeDeltas[nth + 1] ?? 0
    add(parts, partOf(node, parents), micros)
    add(functions, nameOf(node, parents), micros)
  }
  return { parts: sorted(parts), functions: sorted(functions) }
}

function add(sums: Map<string, number>, name: string, micros: number): void {
  sums.set(name, (sums.get(name) ?? 0) + micros)
}

const sorted = (sums: ReadonlyMap<string, number>): Shares => [...sums].sort(([, a], [, b]) => b - a)

/** The nearest frame with a source: the node itself, or who called it. */
function sourceOf(node: ProfileNode, parents: ReadonlyMap<number, ProfileNode>): ProfileNode | null {
  for (let one: ProfileNode | undefined = node; one !== undefined; one = parents.get(one.id))
    if (one.callFrame.url !== '') return one
  return null
}

function partOf(node: ProfileNode, parents: ReadonlyMap<number, ProfileNode>): string {
  const { functionName } = node.callFrame
  if (functionName === '(garbage collector)' || functionName === '(program)') return functionName
  const url = sourceOf(node, parents)?.callFrame.url ?? ''
  if (url.startsWith('node:')) return `node: ${url.slice('node:'.length).replace('internal/', '').split('/')[0]}`
  return OF_A_LIBRARY.exec(url)?.[1] ?? OF_OURS.exec(url)?.[1] ?? '(none)'
}

function nameOf(node: ProfileNode, parents: ReadonlyMap<number, ProfileNode>): string {
  const { functionName, url, lineNumber } = node.callFrame
  const name = functionName === '' ? '(anonymous)' : functionName
  if (url !== '') return `${name} ${url.replace(`file://${root}`, '')}:${lineNumber + 1}`
  const caller = sourceOf(node, parents)
  return caller === null ? name : `${name} < ${caller.callFrame.functionName}`
}
