'use client'

import { useEffect, useLayoutEffect, useRef, useState } from 'react'
import { StateBadge } from '../cells/StateBadge.tsx'
import { TableTime } from '../cells/TableTime.tsx'
import { VisibleText } from '../cells/VisibleText.tsx'
import { shortenMiddle } from '../format.ts'
import { AppLink } from '../shell/AppLink.tsx'
import { useKeptQuery } from '../shell/kept-query.ts'
import { Scroller } from '../ui/Scroller.tsx'
import { urls } from '../urls.ts'
import type { LiveRow } from './live-rows.ts'

/** Every row is as high, so that the place of each is known without drawing it. */
const ROW_PX = 36
/** Drawn beyond the window on both sides, so that scrolling finds no holes. */
const MARGIN_ROWS = 12

const HEADS = ['At', 'Outcome', 'Tenant', 'Event type', 'Event id', 'Receipt', 'Reason']

/** Newest first. Only what is in sight is drawn, of up to 2,000 rows; whoever has scrolled down keeps their place. */
export function LiveTable({ rows, isPaused }: { rows: readonly LiveRow[]; isPaused: boolean }) {
  const frame = useRef<HTMLDivElement>(null)
  const [sight, setSight] = useState({ top: 0, height: 720 })
  useEffect(() => {
    const element = frame.current
    if (element === null) return
    const look = () => setSight({ top: element.scrollTop, height: element.clientHeight })
    look()
    element.addEventListener('scroll', look, { passive: true })
    window.addEventListener('resize', look)
    return () => {
      element.removeEventListener('scroll', look)
      window.removeEventListener('resize', look)
    }
  }, [])
  useKeptPlace(frame, rows)

  const first = Math.max(0, Math.floor(sight.top / ROW_PX) - MARGIN_ROWS)
  const end = Math.min(rows.length, Math.ceil((sight.top + sight.height) / ROW_PX) + MARGIN_ROWS)
  return (
    <Scroller
      ref={frame}
      label={isPaused ? 'What happened, paused' : 'What happens now'}
      className="relative h-[calc(100dvh-200px)] min-h-72"
    >
      <table aria-rowcount={rows.length + 1} className="w-full min-w-[1018px] table-fixed border-collapse text-13">
        <caption className="sr-only">What happens now, newest first</caption>
        <colgroup>
          <col className="w-20" />
          <col className="w-36" />
          <col className="w-28" />
          <col className="w-40" />
          <col />
          <col className="w-40" />
          <col className="w-64" />
        </colgroup>
        <thead className="sticky top-0 z-10 bg-bg">
          <tr aria-rowindex={1}>
            {HEADS.map((head) => (
              <th
                key={head}
                scope="col"
                className="h-8 border-b border-line px-2 text-left text-12 font-medium whitespace-nowrap text-ink-2 first:pl-0"
              >
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <Gap height={first * ROW_PX} />
          {rows.slice(first, end).map((row, nth) => (
            <Row key={row.key} row={row} index={first + nth + 2} />
          ))}
          <Gap height={(rows.length - end) * ROW_PX} />
        </tbody>
      </table>
    </Scroller>
  )
}

/** Rows that are not in sight, as their height. */
const Gap = ({ height }: { height: number }) =>
  height === 0 ? null : (
    <tr style={{ height }}>
      <td colSpan={HEADS.length} className="p-0" />
    </tr>
  )

/** At the top it runs along; below, what is looked at stays under the eyes though rows come on top of it. */
function useKeptPlace(frame: { readonly current: HTMLDivElement | null }, rows: readonly LiveRow[]): void {
  const topKey = useRef<string | null>(null)
  useLayoutEffect(() => {
    const element = frame.current
    const before = topKey.current
    topKey.current = rows[0]?.key ?? null
    if (element === null || before === null || element.scrollTop === 0) return
    const cameOnTop = rows.findIndex(({ key }) => key === before)
    if (cameOnTop > 0) element.scrollTop += cameOnTop * ROW_PX
  }, [frame, rows])
}

function Row({ row, index }: { row: LiveRow; index: number }) {
  const cell = 'overflow-hidden px-2 text-ellipsis whitespace-nowrap first:pl-0'
  return (
    <tr aria-rowindex={index} style={{ height: ROW_PX }} className="border-b border-line hover:bg-sunken">
      <td className={cell}>
        <TableTime at={row.at} />
      </td>
      <td className={cell}>
        <StateBadge kind="live" state={row.outcome} />
      </td>
      <td className={cell}>
        <Text text={row.tenant_id} />
      </td>
      <td className={cell}>
        <Text text={row.event_type} />
      </td>
      <td className={`${cell} font-mono text-12`}>
        <Text text={row.event_id} />
      </td>
      <td className={cell}>
        <Receipt receiptId={row.receipt_id} />
      </td>
      <td className={cell}>
        <Reason row={row} />
      </td>
    </tr>
  )
}

const Text = ({ text }: { text: string | null }) =>
  text === null ? <span className="text-ink-2">not readable</span> : <VisibleText text={text} />

function Receipt({ receiptId }: { receiptId: string | null }) {
  const kept = useKeptQuery()
  if (receiptId === null) return <span className="text-ink-2">not readable</span>
  return (
    <AppLink href={urls.event(receiptId, kept)} className="inline-flex min-h-6 items-center font-mono text-12">
      {shortenMiddle(receiptId)}
      <span className="sr-only">: its journey</span>
    </AppLink>
  )
}

function Reason({ row: { reason, pointer, dead_letter_id: id } }: { row: LiveRow }) {
  const kept = useKeptQuery()
  if (reason === null || id === null) return null
  return (
    <AppLink href={urls.deadLetter(id, kept)} className="inline-flex min-h-6 items-center gap-1">
      {reason}
      {pointer !== null && (
        <code className="text-12">
          <VisibleText text={pointer} />
        </code>
      )}
      <span className="sr-only">: the dead letter</span>
    </AppLink>
  )
}
