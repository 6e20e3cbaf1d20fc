import { CommandPalette } from '../palette/CommandPalette.tsx'
import { Logo } from './Logo.tsx'
import { MenuButton } from './MenuButton.tsx'
import type { Deployment } from './Rail.tsx'
import { RangePicker } from './RangePicker.tsx'
import { RefreshPicker } from './RefreshPicker.tsx'
import { TenantFilter } from './TenantFilter.tsx'
import { ThemePicker } from './ThemePicker.tsx'
import { ZonePicker } from './ZonePicker.tsx'

/** What holds for every page: tenant, range, refresh, zone and theme. */
export function TopBar(deployment: Deployment) {
  return (
    <header className="sticky top-0 z-30 border-b border-line bg-bg">
      <div className="mx-auto flex min-h-12 max-w-[1440px] flex-wrap items-center gap-x-3 gap-y-1 px-4 py-1.5 lg:px-6">
        <div className="flex items-center gap-2 lg:hidden">
          <MenuButton {...deployment} />
          <Logo />
        </div>
        <TenantFilter />
        {/* Where one line has no room for all, these are the second: none stands alone in a third. */}
        <div className="max-lg:order-1">
          <RangePicker />
        </div>
        <div className="max-lg:order-1 max-sm:grow max-sm:basis-60">
          <RefreshPicker />
        </div>
        <div className="ml-auto flex items-center gap-2">
          <div className="hidden items-center gap-2 lg:flex">
            <ZonePicker />
            <ThemePicker />
          </div>
          <CommandPalette />
        </div>
      </div>
    </header>
  )
}
