import type { ReactNode } from 'react'

type StepProps = {
  number: number
  title: string
  summary: ReactNode
  isOpen: boolean
  onOpen?: (() => void) | undefined
  children: ReactNode
}

/** One step of the bench: open, or closed and summarised in a line. */
export function Step({ number, title, summary, isOpen, onOpen, children }: StepProps) {
  const titleId = `step-${number}`
  return (
    <section aria-labelledby={titleId} className="grid grid-cols-[28px_minmax(0,1fr)] gap-x-3">
      <span
        aria-hidden="true"
        className={`flex size-7 items-center justify-center rounded-full text-13 font-semibold ${isOpen ? 'bg-accent text-on-accent' : 'bg-sunken text-ink-2'}`}
      >
        {number}
      </span>
      <div className="min-w-0">
        <div className="flex min-h-7 flex-wrap items-center gap-x-3">
          <h2 id={titleId} className="text-16 font-semibold">
            {title}
          </h2>
          {!isOpen && <p className="text-13 text-ink-2">{summary}</p>}
          {!isOpen && onOpen !== undefined && (
            <button type="button" className="min-h-6 text-13 text-accent hover:underline" onClick={onOpen}>
              Change
            </button>
          )}
        </div>
        {isOpen && <div className="flex flex-col gap-3 py-2">{children}</div>}
      </div>
    </section>
  )
}
