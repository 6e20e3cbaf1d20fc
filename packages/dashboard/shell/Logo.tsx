/** Two gates and what flows through them. */
export function Logo() {
  return (
    <span className="flex items-center gap-2 text-16 font-semibold text-ink">
      <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
        <path d="M3 2v16M17 2v16" stroke="currentColor" strokeWidth="2.5" strokeLinecap="round" />
        <path
          d="M6 7c2-1.5 3.5 1.5 8 0M6 13c2-1.5 3.5 1.5 8 0"
          stroke="var(--accent)"
          strokeWidth="2"
          fill="none"
          strokeLinecap="round"
        />
      </svg>
      Sluice
    </span>
  )
}
