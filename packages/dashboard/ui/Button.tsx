import type { ComponentProps, ReactNode } from 'react'

export type ButtonTone = 'primary' | 'plain' | 'quiet' | 'danger'

const TONES: Record<ButtonTone, string> = {
  primary: 'border-accent bg-accent text-on-accent font-medium',
  plain: 'border-control bg-surface text-ink',
  quiet: 'border-transparent bg-transparent text-ink-2 hover:bg-sunken hover:text-ink',
  danger: 'border-bad bg-surface text-bad font-medium',
}

type ButtonProps = Omit<ComponentProps<'button'>, 'disabled'> & {
  tone?: ButtonTone
  icon?: ReactNode
  /** Why it cannot be pressed now; it stays reachable, so that the reason can be read. */
  disabledReason?: string | null | undefined
}

export function Button({
  tone = 'plain',
  icon,
  disabledReason = null,
  children,
  className = '',
  onClick,
  ...rest
}: ButtonProps) {
  const isDisabled = disabledReason !== null
  return (
    <button
      type="button"
      {...rest}
      aria-disabled={isDisabled || undefined}
      aria-description={disabledReason ?? undefined}
      data-hint={disabledReason ?? undefined}
      onClick={isDisabled ? (event) => event.preventDefault() : onClick}
      className={`inline-flex h-7 items-center justify-center gap-1.5 rounded-sm border px-2.5 text-13 whitespace-nowrap touch:h-11 ${
        isDisabled ? 'cursor-not-allowed! border-line bg-sunken text-ink-2' : TONES[tone]
      } ${className}`}
    >
      {icon}
      {children}
    </button>
  )
}
