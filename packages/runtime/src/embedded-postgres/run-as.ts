import { spawnSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { EmbeddedPostgresError } from './embedded-errors.ts'

/** The user that PostgreSQL runs as; `ids` is empty when it is the one we are. */
export type RunAs = { name: string; ids: { uid: number; gid: number } | Record<string, never> }

/**
 * PostgreSQL refuses to run as root. As root: the owner of the checkout unless that is root, else `postgres`, else `nobody`;
 * each with an entry in passwd, which initdb wants. Otherwise the user that we are.
 * @param checkout a folder whose owner is asked for
 */
export function chooseUser(
  checkout: string,
  passwdFile = '/etc/passwd',
  uid = process.getuid?.() ?? -1,
  ownerOf = (folder: string) => statSync(folder).uid,
): RunAs {
  if (uid !== 0) return { name: 'the current user', ids: {} }
  const users = readFileSync(passwdFile, 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name = '', , id, gid]) => ({ name, ids: { uid: Number(id), gid: Number(gid) } }))
    .filter(({ ids }) => ids.uid > 0)
  const owner = ownerOf(checkout)
  const chosen =
    users.find(({ ids }) => ids.uid === owner) ??
    users.find(({ name }) => name === 'postgres') ??
    users.find(({ name }) => name === 'nobody')
  if (chosen !== undefined) return chosen
  throw new EmbeddedPostgresError(
    'PostgreSQL will not run as root, and there is no other user: add one (useradd postgres) or set DATABASE_URL',
  )
}

/** Whether the user can enter a folder: asked of the system, which knows of modes, lists and mounts. */
export function canEnter(user: RunAs, folder: string): boolean {
  return (
    spawnSync('/bin/sh', ['-c', 'cd -- "$1"', 'sh', folder], { ...user.ids, cwd: '/', stdio: 'ignore' }).status === 0
  )
}
