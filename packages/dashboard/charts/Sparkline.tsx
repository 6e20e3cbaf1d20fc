import { sparklinePaths } from './sparkline-paths.ts'

type SparklineProps = { values: readonly (number | null)[]; color: string; summary: string }

/** A small line without axes, drawn on the server too. What nobody measured is a gap. */
export function Sparkline({ values, color, summary }: SparklineProps) {
  return (
    <svg viewBox="0 0 120 28" preserveAspectRatio="none" role="img" aria-label={summary} className="h-8 w-full">
      {sparklinePaths(values, 120, 28).map(({ line, area }) => (
        <g key={line}>
          <path d={area} fill={`var(${color})`} opacity="0.12" />
          <path d={line} fill="none" stroke={`var(${color})`} strokeWidth="1.5" vectorEffect="non-scaling-stroke" />
        </g>
      ))}
    </svg>
  )
}
