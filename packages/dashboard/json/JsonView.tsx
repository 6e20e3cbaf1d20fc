'use client'

import { useMemo, useState } from 'react'
import { CopyButton } from '../cells/CopyButton.tsx'
import { VisibleText } from '../cells/VisibleText.tsx'
import { formatBytes } from '../format.ts'
import { Button } from '../ui/Button.tsx'
import { ChevronDown, ChevronRight } from '../ui/icons.tsx'
import { Scroller } from '../ui/Scroller.tsx'
import { hexLines, originalBytes } from './hex-lines.ts'
import { type JsonLine, jsonLines, visibleLines } from './json-lines.ts'
import { parseJsonText } from './parse-json-text.ts'

/** So much is shown at once; the rest on demand, so that a 256 KiB payload does not hold up the page. */
const FIRST_CHARS = 4_096
const FIRST_LINES = 120

type View = 'pretty' | 'raw' | 'hex'

type JsonViewProps = {
  label: string
  /** Text, not a value: numbers keep their digits, and what is broken is shown as it is. */
  text: string
  encoding?: 'utf8' | 'base64'
  /** JSON Pointer of the member that is wrong. */
  marked?: string | null
}

/** What a producer sent: laid out where it is JSON, else raw, or byte by byte. */
export function JsonView({ label, text, encoding = 'utf8', marked = null }: JsonViewProps) {
  const root = useMemo(() => (encoding === 'utf8' ? parseJsonText(text) : null), [text, encoding])
  const [chosen, choose] = useState<View | null>(null)
  const view = chosen ?? (root !== null ? 'pretty' : encoding === 'utf8' ? 'raw' : 'hex')
  const bytes = useMemo(() => originalBytes(text, encoding), [text, encoding])
  const views: View[] = [
    ...(root === null ? [] : (['pretty'] as const)),
    ...(encoding === 'utf8' ? (['raw'] as const) : []),
    'hex',
  ]
  return (
    <div className="min-w-0 rounded-md border border-line">
      <div className="flex flex-wrap items-center gap-1 border-b border-line px-2 py-1">
        <fieldset className="contents">
          <legend className="sr-only">{label}: how it is shown</legend>
          {views.map((name) => (
            <Button
              key={name}
              tone="quiet"
              aria-pressed={name === view}
              onClick={() => choose(name)}
              className={name === view ? 'bg-sunken text-ink!' : ''}
            >
              {VIEW_NAMES[name]}
            </Button>
          ))}
        </fieldset>
        <span className="flex-1 text-right text-12 text-ink-2">{formatBytes(bytes.length)}</span>
        <CopyButton text={text} what={label.toLowerCase()} />
      </div>
      {root === null && encoding === 'utf8' && (
        <p className="px-3 pt-2 text-12 text-warn">This is not JSON: it is shown as it came.</p>
      )}
      {root === null && encoding === 'base64' && (
        <p className="px-3 pt-2 text-12 text-warn">These bytes are not UTF-8 text.</p>
      )}
      {view === 'pretty' && root !== null && (
        <Pretty label={label} lines={jsonLines(root, text)} text={text} marked={marked} />
      )}
      {view === 'raw' && <Raw label={label} text={text} />}
      {view === 'hex' && <Hex label={label} bytes={bytes} />}
    </div>
  )
}

const VIEW_NAMES: Record<View, string> = { pretty: 'Pretty', raw: 'Raw', hex: 'Hex' }
const SCROLLER = 'max-h-96 overflow-auto p-2 font-mono text-12'

function Pretty({
  label,
  lines,
  text,
  marked,
}: {
  label: string
  lines: JsonLine[]
  text: string
  marked: string | null
}) {
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set())
  const [isWhole, setWhole] = useState(false)
  const visible = visibleLines(lines, folded)
  const shown = isWhole ? visible : visible.slice(0, FIRST_LINES)
  const fold = (pointer: string) =>
    setFolded((now) => {
      const next = new Set(now)
      if (!next.delete(pointer)) next.add(pointer)
      return next
    })
  return (
    <Scroller label={`${label}, laid out`} className={SCROLLER}>
      {shown.map((line, index) => (
        <PrettyLine
          key={`${line.start}-${line.isClosing}`}
          line={line}
          text={text}
          isMarked={marked !== null && line.pointer === marked && !line.isClosing}
          isFolded={folded.has(line.pointer)}
          onFold={fold}
          isFirst={index === 0}
        />
      ))}
      {marked !== null && !lines.some(({ pointer }) => pointer === marked) && (
        <p className="mt-1 rounded-sm bg-bad-bg px-2 py-0.5 text-bad">
          <VisibleText text={marked.slice(0, 200)} /> is not there
        </p>
      )}
      <More rest={visible.length - shown.length} unit="lines" onAll={() => setWhole(true)} />
    </Scroller>
  )
}

type PrettyLineProps = {
  line: JsonLine
  text: string
  isMarked: boolean
  isFolded: boolean
  isFirst: boolean
  onFold: (pointer: string) => void
}

function PrettyLine({ line, text, isMarked, isFolded, isFirst, onFold }: PrettyLineProps) {
  const canFold = line.closedBy !== null && !isFirst
  return (
    <div
      className={`group flex min-h-5 items-start ${isMarked ? 'rounded-sm bg-bad-bg' : ''}`}
      style={{ paddingLeft: `${line.depth * 16}px` }}
    >
      <span className="w-5 shrink-0">
        {canFold && (
          <button
            type="button"
            aria-expanded={!isFolded}
            aria-label={`${isFolded ? 'Unfold' : 'Fold'} ${line.pointer.slice(0, 200)}`}
            onClick={() => onFold(line.pointer)}
            className="flex size-5 items-center justify-center text-ink-2"
          >
            {isFolded ? <ChevronRight size={12} aria-hidden /> : <ChevronDown size={12} aria-hidden />}
          </button>
        )}
      </span>
      <span className="min-w-0 break-all whitespace-pre-wrap">
        {line.name !== null && (
          <>
            <VisibleText text={shortened(line.name)} />
            {': '}
          </>
        )}
        <span className={TEXT_TONES[line.kind]}>
          <VisibleText text={shortened(line.text)} />
        </span>
        {isFolded && <span className="text-ink-2"> … {line.size} </span>}
        {line.comma && ','}
        {isMarked && <strong className="ml-2 font-medium text-bad">← this one</strong>}
      </span>
      {!line.isClosing && !isFirst && (
        <span className="ml-1 hidden h-5 shrink-0 items-center group-focus-within:flex group-hover:flex">
          <CopyButton text={text.slice(line.start, line.end)} what="this value" />
          <CopyButton text={line.pointer} what="its pointer" />
        </span>
      )}
    </div>
  )
}

/** One value may be as long as the whole event: what is longer is whole in Raw and on copy. */
const shortened = (text: string) =>
  text.length <= 1_000 ? text : `${text.slice(0, 1_000)}… (${formatBytes(text.length)})`

const TEXT_TONES: Record<JsonLine['kind'], string> = {
  string: 'text-ok',
  number: 'text-accent',
  word: 'text-warn',
  object: 'text-ink-2',
  array: 'text-ink-2',
}

function Raw({ label, text }: { label: string; text: string }) {
  const [isWhole, setWhole] = useState(false)
  const shown = isWhole ? text : text.slice(0, FIRST_CHARS)
  return (
    <Scroller label={`${label}, as it came`} className={`${SCROLLER} break-all whitespace-pre-wrap`}>
      <VisibleText text={shown} />
      <More rest={text.length - shown.length} unit="characters" onAll={() => setWhole(true)} />
    </Scroller>
  )
}

function Hex({ label, bytes }: { label: string; bytes: Uint8Array }) {
  const [isWhole, setWhole] = useState(false)
  const shown = isWhole ? bytes : bytes.subarray(0, FIRST_CHARS / 4)
  return (
    <Scroller label={`${label}, byte by byte`} className={`${SCROLLER} whitespace-pre`}>
      {hexLines(shown).map(({ offset, hex, text }) => (
        <div key={offset}>
          <span className="text-ink-2">{offset}</span> {hex.padEnd(47)} <span className="text-ink-2">{text}</span>
        </div>
      ))}
      <More rest={bytes.length - shown.length} unit="bytes" onAll={() => setWhole(true)} />
    </Scroller>
  )
}

function More({ rest, unit, onAll }: { rest: number; unit: string; onAll: () => void }) {
  if (rest <= 0) return null
  return (
    <div className="pt-2 font-sans">
      <Button onClick={onAll}>{`Show the other ${rest.toLocaleString('en-GB')} ${unit}`}</Button>
    </div>
  )
}
