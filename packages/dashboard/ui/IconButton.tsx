import type { ComponentProps } from 'react'

/** A button that shows an icon only; `label` is its name and its hint. */
export function IconButton({
  label,
  className = '',
  ...rest
}: Omit<ComponentProps<'button'>, 'aria-label'> & { label: string }) {
  return (
    <button
      type="button"
      {...rest}
      aria-label={label}
      data-hint={label}
      className={`inline-flex size-7 shrink-0 items-center justify-center rounded-sm text-ink-2 hover:bg-sunken hover:text-ink touch:size-11 ${className}`}
    />
  )
}
