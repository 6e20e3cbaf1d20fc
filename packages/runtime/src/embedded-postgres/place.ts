import { createHash } from 'node:crypto'
import { chmodSync, chownSync, existsSync, mkdirSync, realpathSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Logger } from '../logger.ts'
import { EmbeddedPostgresError } from './embedded-errors.ts'
import { canEnter, type RunAs } from './run-as.ts'

/** Kept through restarts of the machine; the second is for systems whose /var/lib cannot be written. */
const PLACES_IN_REACH = ['/var/lib/sluice', '/var/tmp/sluice']

/** Where a database lives: its folder (0700, the server's user owns it), and what makes one for server files that must move. */
export type Place = { folder: string; spare: () => string }

/**
 * Makes the folder for a database: the wanted one, or, when the server's user cannot reach that, one outside that always
 * belongs to the same wanted folder. Then a line says so, and a file in the wanted folder too.
 */
export function makePlace(wanted: string, user: RunAs, log: Pick<Logger, 'info'>): Place {
  const asked = resolve(wanted)
  const parent = nearestFolder(dirname(asked))
  const path = join(realpathSync(parent), asked.slice(parent.length))
  const isWithinReach =
    user.ids.uid === undefined || (canEnter(user, parent) && (!existsSync(path) || ownsOrEmpty(path, user)))
  if (isWithinReach) {
    makeFolder(path, 0o700, user)
    return { folder: realpathSync(path), spare: () => (user.ids.uid === undefined ? path : placeInReach(user)) }
  }
  const spare = placeInReach(user)
  const folder = join(spare, `data-${createHash('sha256').update(path).digest('hex').slice(0, 12)}`)
  makeFolder(folder, 0o700, user)
  mkdirSync(path, { recursive: true, mode: 0o700 })
  writeFileSync(join(path, 'DATABASE_IS_ELSEWHERE.txt'), `${folder}\n`)
  log.info('postgres.data_elsewhere', { account: user.name, wanted: path, folder })
  return { folder, spare: () => spare }
}

/** A folder of somebody else is not taken over; one that root has just made is. */
function ownsOrEmpty(path: string, user: RunAs): boolean {
  const { uid } = statSync(path)
  return uid === 0 || uid === user.ids.uid
}

function nearestFolder(path: string): string {
  return existsSync(path) || path === dirname(path) ? path : nearestFolder(dirname(path))
}

function placeInReach(user: RunAs): string {
  for (const place of PLACES_IN_REACH) {
    try {
      mkdirSync(place, { recursive: true, mode: 0o755 })
    } catch {
      continue
    }
    // In a folder that everybody may write, a name that is there may be a trap.
    const { uid, mode } = statSync(place)
    if (uid === process.getuid?.() && (mode & 0o022) === 0 && canEnter(user, place)) return place
  }
  throw new EmbeddedPostgresError(
    `${user.name} needs a folder within reach: make one of ${PLACES_IN_REACH.join(', ')} writable, or set DATABASE_URL`,
  )
}

function makeFolder(path: string, mode: number, user: RunAs): void {
  mkdirSync(path, { recursive: true })
  chmodSync(path, mode)
  if (user.ids.uid !== undefined) chownSync(path, user.ids.uid, user.ids.gid)
}
