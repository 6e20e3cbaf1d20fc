/**
 * The known name that `name` is probably a slip of: same first letter and at most two letters added, lost or changed (one in a name
 * of fewer than six, else HOME would be a slip of HOST); null when there is none.
 */
export function nearestName(name: string, known: Iterable<string>): string | null {
  let best: { name: string; distance: number } | null = null
  for (const candidate of known) {
    if (candidate[0] !== name[0]) continue
    const allowed = Math.min(candidate.length, name.length) < 6 ? 1 : 2
    const distance = editDistance(name, candidate)
    if (distance <= allowed && (best === null || distance < best.distance)) best = { name: candidate, distance }
  }
  return best?.name ?? null
}

/** Levenshtein's distance: how many letters must be added, removed or changed to turn `a` into `b`. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
