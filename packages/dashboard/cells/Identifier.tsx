import { shortenMiddle } from '../format.ts'
import { CopyButton } from './CopyButton.tsx'
import { VisibleText } from './VisibleText.tsx'

/** An id in mono, its middle left out where it is long; whole on copy and on hover. */
export function Identifier({
  id,
  what,
  keep = 17,
  copy = true,
}: {
  id: string
  what: string
  keep?: number
  copy?: boolean
}) {
  const short = shortenMiddle(id, keep)
  return (
    <span className="inline-flex max-w-full items-center gap-0.5">
      <code className="truncate text-12" data-hint={short === id ? undefined : id.slice(0, 512)}>
        <VisibleText text={short} />
      </code>
      {copy && <CopyButton text={id} what={what} />}
    </span>
  )
}
