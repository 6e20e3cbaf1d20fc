import { readFileSync } from 'node:fs'
import { CommandError, EXIT_CODE } from './exit-code.ts'

/** A secret from the environment given, or from the file that `<name>_FILE` names; null when it is unset or empty. */
export function readSecret(env: Readonly<Record<string, string | undefined>>, name: string): string | null {
  const file = env[`${name}_FILE`]
  if (env[name] || !file) return env[name] || null
  try {
    return readFileSync(file, 'utf8').trim() || null
  } catch (cause) {
    throw new CommandError(`${name}_FILE: ${file} cannot be read`, EXIT_CODE.usage, { cause })
  }
}
