import type { JsonPatch, PatchOperation } from '@sluice/contract/admin-api/redrives'
import type { Static } from 'typebox'

/** One operation as it stands in the form: everything is text until it is read. */
export type PatchRow = { key: number; op: PatchOperation['op']; path: string; from: string; value: string }

export type ReadPatch = { patch: Static<typeof JsonPatch> } | { errors: ReadonlyMap<number, string> }

export const PATCH_OPS = ['add', 'replace', 'remove', 'move', 'copy'] as const

const POINTER = /^(\/([^~/]|~[01])*)*$/

/** The form as a JSON Patch (RFC 6902), or what is wrong in which row. A value that is not JSON is refused, not guessed. */
export function readPatch(rows: readonly PatchRow[]): ReadPatch {
  const errors = new Map<number, string>()
  const patch: Static<typeof JsonPatch> = []
  for (const row of rows) {
    const read = readRow(row)
    if (typeof read === 'string') errors.set(row.key, read)
    else patch.push(read)
  }
  return errors.size > 0 ? { errors } : { patch }
}

function readRow({ op, path, from, value }: PatchRow): PatchOperation | string {
  if (!POINTER.test(path) || path === '') return 'A JSON Pointer begins with a slash: /event_type'
  if (op === 'remove') return { op, path }
  if (op === 'move' || op === 'copy') {
    if (!POINTER.test(from) || from === '') return 'From where? A JSON Pointer begins with a slash: /type'
    return { op, path, from }
  }
  try {
    return { op, path, value: JSON.parse(value) as unknown }
  } catch {
    return 'The value is not JSON: text stands in double quotes, "order.created"'
  }
}
