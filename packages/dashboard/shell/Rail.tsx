import { Logo } from './Logo.tsx'
import { NavList } from './NavList.tsx'
import { RunsAs } from './RunsAs.tsx'
import { SignOut } from './SignOut.tsx'

export type Deployment = { version: string; isOpen: boolean }

/** The pages at the left, where there is room for them. */
export function Rail({ version, isOpen }: Deployment) {
  return (
    <aside
      aria-label="Sluice"
      className="sticky top-0 hidden h-dvh w-52 shrink-0 flex-col gap-6 border-r border-line px-3 py-3 lg:flex"
    >
      <div className="px-2">
        <Logo />
      </div>
      <NavList />
      <div className="mt-auto flex flex-col items-start gap-2 px-2">
        <RunsAs version={version} isOpen={isOpen} />
        {!isOpen && <SignOut />}
      </div>
    </aside>
  )
}
