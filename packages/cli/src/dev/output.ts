import type { Readable, Writable } from 'node:stream'
import { styleText } from 'node:util'
import { prettyLine } from '@sluice/runtime/pretty-line'

/** Where people and their tools read what the stack says. */
export type Terminal = { stdout: Writable; stderr: Writable }

export interface PartOutput {
  /** Copies a part's stream line by line, each with the part's name in front. */
  attach(name: string, stream: Readable, target: keyof Terminal): void
  /** One line of the supervisor itself, on standard error. */
  say(line: string): void
  /** Text on standard output as it is. */
  print(text: string): void
}

/** As wide as the longest name, `processor`. */
const NAME_WIDTH = 9

/** A line without end is cut here: memory is bounded whatever a part writes. */
const MAX_LINE_LENGTH = 65_536

const COLOURS = ['cyan', 'green', 'magenta', 'yellow', 'blue'] as const

export function createPartOutput(terminal: Terminal): PartOutput {
  const names: string[] = []

  function prefix(name: string, stream: Writable): string {
    if (!names.includes(name)) names.push(name)
    const colour = COLOURS[names.indexOf(name) % COLOURS.length] ?? 'cyan'
    return `${styleText(colour, name.padEnd(NAME_WIDTH), { stream: asStyled(stream) })} | `
  }

  // A reader that went away (`| head`) is no error: the stack runs on, its lines go nowhere.
  for (const stream of [terminal.stdout, terminal.stderr]) stream.on('error', () => {})

  return {
    attach(name, source, target) {
      const stream = terminal[target]
      const start = prefix(name, stream)
      copyLines(source, stream, (line) => start + (isTerminal(stream) ? prettyLine(line).trimEnd() : line))
    },
    say: (line) => void terminal.stderr.write(`${prefix('sluice', terminal.stderr)}${line}\n`),
    print: (text) => void terminal.stdout.write(text),
  }
}

/** Pauses the source while the target is full, so that a slow reader slows the part instead of filling our memory. */
function copyLines(source: Readable, target: Writable, format: (line: string) => string): void {
  let rest = ''
  const write = (line: string): boolean => target.destroyed || target.write(`${format(line)}\n`)
  source.setEncoding('utf8')
  source.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > MAX_LINE_LENGTH) {
      lines.push(rest)
      rest = ''
    }
    const hasRoom = lines.map(write).every(Boolean)
    if (hasRoom) return
    source.pause()
    const resume = () => {
      target.off('drain', resume).off('close', resume)
      source.resume()
    }
    target.on('drain', resume).on('close', resume)
  })
  source.on('end', () => {
    if (rest !== '') write(rest)
  })
  source.on('error', () => {})
}

const isTerminal = (stream: Writable): boolean => 'isTTY' in stream && stream.isTTY === true

/** `styleText` looks at the stream for colour and at NO_COLOR; its type asks for a standard stream. */
const asStyled = (stream: Writable) => stream as NodeJS.WriteStream
