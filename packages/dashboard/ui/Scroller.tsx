import type { CSSProperties, ReactNode, Ref } from 'react'

type ScrollerProps = {
  label: string
  children: ReactNode
  className?: string
  style?: CSSProperties
  ref?: Ref<HTMLDivElement>
}

/** Something wider or longer than its place: it scrolls by itself, by keyboard too, so that the page never scrolls sideways. */
export function Scroller({ label, children, className = '', style, ref }: ScrollerProps) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for fields, and a section would be one landmark more
    <div
      ref={ref}
      role="group"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: without it nobody could scroll by keyboard
      tabIndex={0}
      aria-label={label}
      className={`overflow-auto ${className}`}
      style={style}
    >
      {children}
    </div>
  )
}
