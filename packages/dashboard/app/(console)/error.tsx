'use client'

import { Button } from '../../ui/Button.tsx'

/** A page that could not be shown at all. */
export default function PageError({ error, retry }: { error: Error & { digest?: string }; retry: () => void }) {
  return (
    <div role="alert" className="flex flex-col items-start gap-3">
      <h1 className="text-20 font-semibold">This page failed</h1>
      <p>It is a fault of the dashboard, not of the platform: nothing of what was accepted is touched.</p>
      {error.digest !== undefined && (
        <p className="text-13 text-ink-2">
          In the dashboard's log look for <code>{error.digest}</code>.
        </p>
      )}
      <Button onClick={retry}>Try again</Button>
    </div>
  )
}
