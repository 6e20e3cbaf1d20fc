import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** What is running: shown in start lines and in `sluice_build_info`, never in health answers. */
export interface Version {
  /** From the root package.json. */
  readonly version: string
  /** The commit of this checkout, or of the image (file COMMIT beside package.json); null when neither tells. */
  readonly commit: string | null
}

/** @param root the folder of the root package.json; the one that this file belongs to unless given */
export function readVersion(root: string = fileURLToPath(new URL('../../..', import.meta.url))): Version {
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string }
  return { version, commit: readText(path.join(root, 'COMMIT')) ?? checkedOutCommit(root) }
}

/** What HEAD points at, read from the files of git, as an image or a user's machine may be without git itself. */
function checkedOutCommit(root: string): string | null {
  const dotGit = path.join(root, '.git')
  // In a linked work tree .git is a file that names the real folder; branches lie in the common one.
  const linked = readText(dotGit)?.match(/^gitdir: (.+)$/)?.[1]
  const gitDir = linked === undefined ? dotGit : path.resolve(root, linked)
  const commonDir = path.resolve(gitDir, readText(path.join(gitDir, 'commondir')) ?? '.')
  const head = readText(path.join(gitDir, 'HEAD'))
  const ref = head?.match(/^ref: (.+)$/)?.[1]
  if (ref === undefined) return head
  const packed = readText(path.join(commonDir, 'packed-refs'))
    ?.split('\n')
    .find((line) => line.endsWith(` ${ref}`))
  return readText(path.join(commonDir, ref)) ?? packed?.split(' ')[0] ?? null
}

function readText(file: string): string | null {
  try {
    return existsSync(file) ? readFileSync(file, 'utf8').trim() || null : null
  } catch {
    // A folder where a file was looked for: no answer from here.
    return null
  }
}
