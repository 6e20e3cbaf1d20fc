export type EnginesCommand = {
  verb: 'run' | 'start' | 'stop' | 'status' | 'with'
  brokers: 1 | 3
  /** Where it is written down what runs; null: in this checkout's `.cache/`. */
  state: string | null
  /** What `with` runs: a program and its arguments. */
  command: readonly string[]
}

export const USAGE = `npm run engines                      starts Kafka, Redis and PostgreSQL and stays until Ctrl-C
npm run engines -- --brokers 3       with three brokers
npm run engines -- with npm test     runs a command with them, and stops them when it ends
npm run engines -- start             starts them in the background; prints the settings
npm run engines -- status            what runs
npm run engines -- stop              stops it
                     --state FILE    where it is written down what runs, for a set beside the usual one

Settings are printed as lines for a shell: eval "$(npm run --silent engines -- start)"`

/** Arguments to a command; a text for people when they make no sense. Pure. */
export function parseEnginesArgs(args: readonly string[]): EnginesCommand | string {
  const command: EnginesCommand = { verb: 'run', brokers: 1, state: null, command: [] }
  const rest = [...args]
  for (let argument = rest.shift(); argument !== undefined; argument = rest.shift()) {
    if (argument === 'with') {
      if (rest.length === 0) return 'with needs a command to run'
      return { ...command, verb: 'with', command: rest }
    }
    if (argument === 'start' || argument === 'stop' || argument === 'status') command.verb = argument
    else if (argument === '--brokers') {
      const value = rest.shift()
      if (value !== '1' && value !== '3') return `--brokers must be 1 or 3, got ${value ?? 'nothing'}`
      command.brokers = value === '1' ? 1 : 3
    } else if (argument === '--state') {
      const file = rest.shift()
      if (file === undefined) return '--state needs a file'
      command.state = file
    } else return `unknown argument ${argument}`
  }
  return command
}
