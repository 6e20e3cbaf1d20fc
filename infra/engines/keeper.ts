import { spawn } from 'node:child_process'

/**
 * Waits for the end of its input, which comes however the process that opened the engine ends; then it ends the engine named in
 * the folder's pid file, if that pid is still the same process, with all below it, and deletes the folder.
 */
const SCRIPT = `read -r _
folder=$1 signal=$2
if [ -f "$folder/engine.pid" ]; then
  { read -r pid; read -r started; } < "$folder/engine.pid"
  if [ "$(LC_ALL=C ps -o lstart= -p "$pid")" = "$started" ]; then
    below=$(ps -axo pid=,ppid= | awk -v parent="$pid" '$2 == parent { print $1 }')
    kill -CONT "$pid" $below 2>/dev/null
    kill -s "$signal" "$pid" 2>/dev/null
    tries=0; while kill -0 "$pid" 2>/dev/null && [ $tries -lt 50 ]; do sleep 0.1; tries=$((tries + 1)); done
    kill -KILL "$pid" $below 2>/dev/null
  fi
fi
rm -rf -- "$folder"`

/** What `openKeeper` gives. */
export interface Keeper {
  /** The engine has been stopped: deletes its folder. Resolves when that is done. */
  finish(): Promise<void>
}

/** Watches over one engine's folder for as long as this process lives. In a group of its own, so that Ctrl-C leaves it to its work. */
export function openKeeper(folder: string, endSignal: NodeJS.Signals): Keeper {
  const keeper = spawn('/bin/sh', ['-c', SCRIPT, 'sh', folder, endSignal.replace('SIG', '')], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  const gone = new Promise<void>((resolve) => keeper.on('exit', () => resolve()))
  keeper.unref()
  // A pipe of a child is a socket: without this it would hold the process open.
  if ('unref' in keeper.stdin && typeof keeper.stdin.unref === 'function') keeper.stdin.unref()
  return {
    async finish() {
      keeper.ref()
      keeper.stdin.end()
      await gone
    },
  }
}
