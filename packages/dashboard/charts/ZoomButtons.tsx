import { IconButton } from '../ui/IconButton.tsx'
import { ZoomIn, ZoomOut } from '../ui/icons.tsx'

export type Zoom = { fromMs: number; toMs: number }

/** Two steps of a minute: less would be a point. */
const MIN_ZOOM_MS = 120_000

type ZoomButtonsProps = { times: readonly number[]; zoom: Zoom | null; onZoom: (zoom: Zoom | null) => void }

/** What dragging over the chart does, for who does not drag. */
export function ZoomButtons({ times, zoom, onZoom }: ZoomButtonsProps) {
  const { fromMs, toMs } = zoom ?? { fromMs: times[0] ?? 0, toMs: times.at(-1) ?? 0 }
  const middleMs = Math.round(fromMs + (toMs - fromMs) / 2)
  return (
    <>
      {zoom !== null && (
        <IconButton label="Show the whole range" onClick={() => onZoom(null)}>
          <ZoomOut size={16} aria-hidden />
        </IconButton>
      )}
      {toMs - middleMs >= MIN_ZOOM_MS && (
        <IconButton label="Zoom to the later half" onClick={() => onZoom({ fromMs: middleMs, toMs })}>
          <ZoomIn size={16} aria-hidden />
        </IconButton>
      )}
    </>
  )
}
