import type { ReactNode } from 'react'
import { Unknown } from '../cells/Unknown.tsx'
import { Sparkline } from '../charts/Sparkline.tsx'
import { formatShare } from '../format.ts'
import { AppLink } from '../shell/AppLink.tsx'

export type MetricCardProps = {
  label: string
  value: number | null
  format: (value: number) => string
  /** The number whole, where `format` shortens it. */
  exact?: string
  unit: string
  why: string
  /** Share by which the last five minutes differ from the five before. */
  change: number | null
  values: readonly (number | null)[]
  color: string
  caption: ReactNode
  href?: string
  isLoading: boolean
}

/** One number of the platform: its last complete minute, its last hour, and whether it moves. The same height in every state. */
export function MetricCard(props: MetricCardProps) {
  const { label, value, format, exact, unit, why, change, values, color, caption, href, isLoading } = props
  return (
    <article className="relative flex h-32 min-w-0 flex-col rounded-md bg-surface px-3 py-2 outline outline-line">
      <div className="flex items-baseline gap-2 text-12 text-ink-2">
        <h3 className="min-w-0 flex-1 truncate font-medium">
          {href === undefined ? (
            label
          ) : (
            <AppLink href={href} className="text-ink-2! after:absolute after:inset-0 after:rounded-md">
              {label}
            </AppLink>
          )}
        </h3>
        <Change share={change} />
      </div>
      <p className="flex items-baseline gap-1.5">
        <span className="truncate text-24 font-semibold" data-hint={exact} aria-description={exact}>
          {isLoading ? (
            <span className="skeleton inline-block h-6 w-16" />
          ) : value === null ? (
            <Unknown reason={why} />
          ) : (
            format(value)
          )}
        </span>
        {value !== null && <span className="truncate text-12 text-ink-2">{unit}</span>}
      </p>
      <Sparkline values={values} color={color} summary={`${label} in the last hour`} />
      <div className="mt-auto truncate text-12 text-ink-2">{caption}</div>
    </article>
  )
}

/** Less than this is noise in five minutes. */
const STEADY = 0.005

function Change({ share }: { share: number | null }) {
  if (share === null) return null
  const hint = 'The last five complete minutes against the five before'
  if (Math.abs(share) < STEADY)
    return (
      <span className="relative" data-hint={hint}>
        steady
      </span>
    )
  return (
    <span className="relative whitespace-nowrap" data-hint={hint}>
      <span aria-hidden="true">{share > 0 ? '▲ ' : '▼ '}</span>
      {formatShare(Math.abs(share))}
      <span className="sr-only">{share > 0 ? ' more' : ' less'} than in the five minutes before</span>
    </span>
  )
}
