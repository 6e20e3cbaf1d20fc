'use client'

import type { BalanceBody, BalanceMinute } from '@sluice/contract/admin-api/balance'
import { NumberCell } from '../cells/NumberCell.tsx'
import { TableTime } from '../cells/TableTime.tsx'
import { formatCount } from '../format.ts'
import { conservationVerdict } from '../overview/conservation-verdict.ts'
import { AppLink } from '../shell/AppLink.tsx'
import { useZone } from '../shell/clock.tsx'
import { useKeptQuery } from '../shell/kept-query.ts'
import { useQueryStates } from '../shell/use-query-states.ts'
import { hourMinute } from '../times.ts'
import { urls } from '../urls.ts'
import { minuteState } from './minute-state.ts'
import { pipelineParams } from './search-params.ts'

const STRIP_MINUTES = 60
const WHY = 'What waits cannot be counted now.'

/** The promise, proved: what was accepted is stored, dead-lettered, a repeat, or waits. */
export function ConservationPanel({ balance }: { balance: BalanceBody }) {
  const [{ minute }, setView] = useQueryStates(pipelineParams)
  const verdict = conservationVerdict(balance)
  const strip = balance.per_minute.slice(-STRIP_MINUTES)
  const earlierGaps = balance.per_minute.slice(0, -STRIP_MINUTES).filter((one) => minuteState(one) === 'gap')
  const open =
    minute === null ? undefined : balance.per_minute.find((one) => Date.parse(one.minute) === minute.getTime())
  const toggle = (one: BalanceMinute) => void setView({ minute: one === open ? null : new Date(one.minute) })
  return (
    <div className="flex flex-col gap-4">
      <Sum numbers={balance} />
      <p
        className={`text-14 font-medium ${verdict.tone === 'bad' ? 'text-bad' : verdict.tone === 'ok' ? 'text-ok' : 'text-ink-2'}`}
      >
        {verdict.text}
      </p>
      <div>
        <p className="mb-1 text-12 text-ink-2">The last hour, a cell a minute; choose one for its sum.</p>
        <ul className="grid max-w-[960px] grid-cols-10 gap-0.5 sm:grid-cols-20 lg:grid-cols-30">
          {strip.map((one) => (
            <li key={one.minute}>
              <MinuteCell minute={one} isOpen={one === open} onChoose={() => toggle(one)} />
            </li>
          ))}
        </ul>
        <p className="mt-1 flex flex-wrap gap-x-4 text-12 text-ink-2">
          <span>✓ settled</span>
          <span>… settling</span>
          <span>a number: events missing</span>
        </p>
      </div>
      {earlierGaps.length > 0 && (
        <ul className="flex flex-wrap gap-2 text-13" aria-label="Earlier minutes with a gap">
          {earlierGaps.map((one) => (
            <li key={one.minute}>
              <button type="button" className="min-h-6 text-bad underline" onClick={() => toggle(one)}>
                <TableTime at={one.minute} />: {formatCount(one.gap)}
              </button>
            </li>
          ))}
        </ul>
      )}
      {open !== undefined && <MinuteSum minute={open} />}
      {balance.candidates.length > 0 && <Candidates candidates={balance.candidates} />}
    </div>
  )
}

type Numbers = Pick<BalanceBody, 'accepted' | 'stored' | 'dead_lettered' | 'repeats' | 'waiting' | 'gap'>

function Sum({ numbers }: { numbers: Numbers }) {
  const parts = [
    { name: 'Accepted', sign: '', value: numbers.accepted },
    { name: 'Stored', sign: '=', value: numbers.stored },
    { name: 'Dead-lettered', sign: '+', value: numbers.dead_lettered },
    { name: 'Repeats', sign: '+', value: numbers.repeats },
    { name: 'Waiting', sign: '+', value: numbers.waiting },
    { name: 'Gap', sign: '+', value: numbers.gap },
  ]
  return (
    <dl className="flex flex-wrap items-end gap-x-4 gap-y-2">
      {parts.map(({ name, sign, value }) => (
        <div
          key={name}
          data-sign={sign}
          className="relative pl-7 before:absolute before:bottom-0 before:left-0 before:text-20 before:text-ink-2 before:content-[attr(data-sign)/''] first:pl-0"
        >
          <dt className="text-12 text-ink-2">{name}</dt>
          <dd className={`text-20 font-semibold ${name === 'Gap' && value !== null && value !== 0 ? 'text-bad' : ''}`}>
            <NumberCell value={value} why={name === 'Gap' ? 'Nobody has compared yet.' : WHY} />
          </dd>
        </div>
      ))}
    </dl>
  )
}

const CELLS = {
  settled: { tone: 'bg-ok-bg text-ok', sign: () => '✓', word: 'settled' },
  settling: { tone: 'bg-sunken text-ink-2', sign: () => '…', word: 'settling' },
  gap: { tone: 'bg-bad-bg font-semibold text-bad', sign: (gap: number | null) => formatCount(gap), word: 'gap' },
}

function MinuteCell({ minute, isOpen, onChoose }: { minute: BalanceMinute; isOpen: boolean; onChoose: () => void }) {
  const zone = useZone()
  const state = minuteState(minute)
  const { tone, sign, word } = CELLS[state]
  const label = `${hourMinute(minute.minute, zone)}: ${state === 'gap' ? `gap of ${formatCount(minute.gap)}` : word}`
  return (
    <button
      type="button"
      aria-pressed={isOpen}
      aria-label={label}
      data-hint={label}
      onClick={onChoose}
      className={`h-6 w-full overflow-hidden rounded-sm text-12 touch:h-11 ${tone} ${isOpen ? 'outline-2 outline-accent' : ''}`}
    >
      {sign(minute.gap)}
    </button>
  )
}

function MinuteSum({ minute }: { minute: BalanceMinute }) {
  return (
    <section aria-label="One minute" className="rounded-md bg-sunken px-4 py-3">
      <h3 className="mb-1 text-13 font-medium">
        Received in the minute of <TableTime at={minute.minute} />, {minuteState(minute)}
      </h3>
      <Sum numbers={minute} />
      <p className="mt-1 text-12 text-ink-2">
        {minute.checked_at === null ? (
          'Not compared with the tables yet.'
        ) : (
          <>
            Compared with the tables at <TableTime at={minute.checked_at} />.
          </>
        )}
      </p>
    </section>
  )
}

function Candidates({ candidates }: Pick<BalanceBody, 'candidates'>) {
  const kept = useKeptQuery()
  return (
    <section aria-label="Candidates">
      <h3 className="text-13 font-medium">Records of the log without a row: what the gap may consist of</h3>
      <ul className="mt-1 flex flex-col text-13">
        {candidates.map(({ receipt_id, tenant_id, source }) => (
          <li key={receipt_id} className="flex min-h-8 flex-wrap items-center gap-x-3">
            <AppLink href={urls.event(receipt_id, kept)} className="font-mono text-12">
              {receipt_id}
            </AppLink>
            <span className="text-ink-2">
              {tenant_id ?? 'tenant unknown'} · partition {source.partition}, offset {formatCount(source.offset)}
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}
