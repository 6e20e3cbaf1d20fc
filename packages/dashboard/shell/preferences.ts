export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

export const THEME_COOKIE = 'theme'
export const ZONE_COOKIE = 'zone'
/** `off`: single keys do nothing. */
export const SHORTCUTS_COOKIE = 'shortcuts'

export const toTheme = (value: string | undefined): Theme => THEMES.find((theme) => theme === value) ?? 'system'

/** Remembers a preference for a year, where the server can read it: the first paint is right without a script. */
export function rememberPreference(cookie: string, value: string): void {
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every browser yet
  document.cookie = `${cookie}=${encodeURIComponent(value)}; Path=/; Max-Age=31536000; SameSite=Strict`
}
