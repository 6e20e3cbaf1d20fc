import { styleText } from 'node:util'

const LEVEL_STYLE = { debug: 'gray', info: 'green', warn: 'yellow', error: 'red' } as const

/** A JSON log line as people read it on a terminal: time, level, process, event, fields. Colour obeys NO_COLOR. Anything else comes back as it was. */
export function prettyLine(line: string): string {
  let parsed: Record<string, unknown>
  try {
    parsed = JSON.parse(line)
  } catch {
    return line
  }
  const { time, level, process: name, pid: _pid, event, ...fields } = parsed
  const style = LEVEL_STYLE[level as keyof typeof LEVEL_STYLE] ?? 'white'
  const rest = Object.entries(fields).map(
    ([key, value]) => `${styleText('gray', `${key}=`)}${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  const label = styleText(style, String(level).padEnd(5))
  return `${[String(time).slice(11, 23), label, name, styleText('bold', String(event)), ...rest].join(' ')}\n`
}
