import { Download } from '../ui/icons.tsx'
import { urls } from '../urls.ts'
import type { ListName } from './exported-lists.ts'

/** Takes the list of the filter away, all of its pages. */
export function ExportLinks({
  list,
  query,
}: {
  list: ListName
  query: Readonly<Record<string, string | null | undefined>>
}) {
  return (
    <span className="inline-flex items-center gap-2 text-13 text-ink-2">
      <Download size={14} aria-hidden />
      Export
      {(['csv', 'ndjson'] as const).map((format) => (
        <a
          key={format}
          href={urls.export(list, format, query)}
          download
          className="inline-flex min-h-6 items-center touch:min-h-11"
        >
          {format.toUpperCase()}
          <span className="sr-only"> of this list</span>
        </a>
      ))}
    </span>
  )
}
