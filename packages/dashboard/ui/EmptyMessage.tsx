import type { ReactNode } from 'react'

/** Says that there is nothing, why, and what to do. */
export function EmptyMessage({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="empty-message flex flex-col items-start gap-2 rounded-md bg-sunken px-4 py-5">
      <p className="text-14 font-medium">{title}</p>
      {children !== undefined && <div className="flex flex-col items-start gap-2 text-13 text-ink-2">{children}</div>}
    </div>
  )
}
