import type { ReactNode } from 'react'

/** The page's name, and what belongs beside it. */
export function PageHead({ title, children }: { title: ReactNode; children?: ReactNode }) {
  return (
    <div className="mb-4 flex min-h-8 flex-wrap items-center gap-x-4 gap-y-2">
      <h1 className="text-20 font-semibold">{title}</h1>
      {children}
    </div>
  )
}
