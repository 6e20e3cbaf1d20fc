import type { COMPONENT_STATUSES } from '@sluice/contract/admin-api/health'
import type { LiveOutcome } from '@sluice/contract/admin-api/live'
import type { PlatformStatus } from '@sluice/contract/admin-api/overview'
import type { ReceiptState } from '@sluice/contract/admin-api/receipts'
import type { RedriveJobState } from '@sluice/contract/admin-api/redrives'
import type { DeadLetterState } from '@sluice/contract/dead-letter'
import { Badge, type Tone } from '../ui/Badge.tsx'
import {
  ArrowDownToLine,
  Ban,
  CircleAlert,
  CircleCheck,
  CircleDashed,
  CircleHelp,
  CircleX,
  Clock,
  type Icon as IconShape,
  RefreshCw,
  TriangleAlert,
} from '../ui/icons.tsx'

type Look = { label: string; tone: Tone; icon: IconShape }
type ComponentStatus = (typeof COMPONENT_STATUSES)[number]

const LOOKS = {
  platform: {
    healthy: { label: 'Healthy', tone: 'ok', icon: CircleCheck },
    degraded: { label: 'Degraded', tone: 'warn', icon: TriangleAlert },
    unhealthy: { label: 'Unhealthy', tone: 'bad', icon: CircleX },
    unknown: { label: 'Unknown', tone: 'neutral', icon: CircleHelp },
  } satisfies Record<PlatformStatus | 'unknown', Look>,
  component: {
    ok: { label: 'Answers', tone: 'ok', icon: CircleCheck },
    degraded: { label: 'Degraded', tone: 'warn', icon: TriangleAlert },
    unavailable: { label: 'Away', tone: 'bad', icon: CircleX },
  } satisfies Record<ComponentStatus, Look>,
  deadLetter: {
    open: { label: 'Open', tone: 'bad', icon: CircleAlert },
    redriving: { label: 'Redriving', tone: 'info', icon: RefreshCw },
    redriven: { label: 'Redriven', tone: 'ok', icon: CircleCheck },
    dismissed: { label: 'Dismissed', tone: 'neutral', icon: Ban },
  } satisfies Record<DeadLetterState, Look>,
  receipt: {
    waiting: { label: 'Waiting', tone: 'warn', icon: Clock },
    stored: { label: 'Stored', tone: 'ok', icon: CircleCheck },
    dead_lettered: { label: 'Dead-lettered', tone: 'bad', icon: CircleAlert },
    redriving: { label: 'Redriving', tone: 'info', icon: RefreshCw },
    dismissed: { label: 'Dismissed', tone: 'neutral', icon: Ban },
    unknown: { label: 'Unknown', tone: 'neutral', icon: CircleHelp },
  } satisfies Record<ReceiptState, Look>,
  live: {
    accepted: { label: 'Accepted', tone: 'neutral', icon: ArrowDownToLine },
    stored: { label: 'Stored', tone: 'ok', icon: CircleCheck },
    dead_lettered: { label: 'Dead-lettered', tone: 'bad', icon: CircleAlert },
  } satisfies Record<LiveOutcome, Look>,
  job: {
    running: { label: 'Running', tone: 'info', icon: CircleDashed },
    done: { label: 'Done', tone: 'ok', icon: CircleCheck },
    cancelled: { label: 'Cancelled', tone: 'neutral', icon: Ban },
  } satisfies Record<RedriveJobState, Look>,
}

type Kind = keyof typeof LOOKS
type StateBadgeProps = { [K in Kind]: { kind: K; state: keyof (typeof LOOKS)[K] } }[Kind]

/** A state as a word with an icon. A state that the contract gains does not compile here until it has both. */
export function StateBadge({ kind, state }: StateBadgeProps) {
  const { label, tone, icon: Icon } = (LOOKS[kind] as Record<string, Look>)[state] ?? LOOKS.platform.unknown
  return (
    <Badge tone={tone} icon={<Icon size={14} aria-hidden />}>
      {label}
    </Badge>
  )
}
