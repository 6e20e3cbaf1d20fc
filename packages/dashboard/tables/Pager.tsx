import { Button } from '../ui/Button.tsx'

/** The pages of a list that goes on by a cursor, newest first; nothing where one page is all. */
export function Pager({
  hasCursor,
  next,
  onGo,
}: {
  hasCursor: boolean
  next: string | null
  onGo: (cursor: string | null) => void
}) {
  if (!hasCursor && next === null) return null
  return (
    <nav aria-label="Pages of the list" className="mt-2 flex gap-2">
      <Button disabledReason={hasCursor ? null : 'This is the first page.'} onClick={() => onGo(null)}>
        Newest
      </Button>
      <Button disabledReason={next === null ? 'This is the last page.' : null} onClick={() => onGo(next)}>
        Older
      </Button>
    </nav>
  )
}
