'use client'

import { useAdmin } from './polling.tsx'

/** How the platform runs, and who may see it: the foot of the rail. */
export function RunsAs({ version, isOpen }: { version: string; isOpen: boolean }) {
  const { data } = useAdmin('about', {}, { poll: 60_000 })
  return (
    <div className="flex flex-col gap-0.5 text-12 text-ink-2">
      <p>{data === undefined ? 'Engines not known yet' : runsAs(data)}</p>
      <p>Version {version}</p>
      {isOpen && <p>No sign-in: only this machine is answered</p>}
    </div>
  )
}

type Engines = { engines: { log: string; gate: string; store: string }; embedded: boolean | null }

function runsAs({ engines, embedded }: Engines): string {
  const names = new Set([engines.log, engines.gate, engines.store])
  if (names.size === 1) return embedded === true ? 'embedded PostgreSQL' : [...names].join()
  return [engines.log, engines.gate, engines.store].join(' · ')
}
