import { shortenMiddle } from '../format.ts'
import { CopyButton } from './CopyButton.tsx'
import { VisibleText } from './VisibleText.tsx'

/** What a cell of a table has room for; whoever keeps more has room for a second line, too. */
const CELL_KEEP = 17

/** An id in mono, its middle left out where it is long; whole on copy and on hover. */
export function Identifier({
  id,
  what,
  keep = CELL_KEEP,
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
      <code
        className={`text-12 ${keep > CELL_KEEP ? 'break-all' : 'truncate'}`}
        data-hint={short === id ? undefined : id.slice(0, 512)}
      >
        <VisibleText text={short} />
      </code>
      {copy && <CopyButton text={id} what={what} />}
    </span>
  )
}
