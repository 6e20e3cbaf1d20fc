'use client'

import { useState } from 'react'
import { rememberPreference, THEME_COOKIE, THEMES, type Theme, toTheme } from './preferences.ts'

const NAMES: Record<Theme, string> = { system: 'System theme', light: 'Light', dark: 'Dark' }

export function ThemePicker() {
  const [theme, setTheme] = useState<Theme>(() =>
    typeof document === 'undefined' ? 'system' : toTheme(document.documentElement.dataset.theme),
  )
  return (
    <select
      aria-label="Theme"
      className="control"
      value={theme}
      suppressHydrationWarning
      onChange={(event) => {
        const next = toTheme(event.target.value)
        setTheme(next)
        rememberPreference(THEME_COOKIE, next)
        document.documentElement.dataset.theme = next
      }}
    >
      {THEMES.map((name) => (
        <option key={name} value={name}>
          {NAMES[name]}
        </option>
      ))}
    </select>
  )
}
