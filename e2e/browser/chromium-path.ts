import { existsSync } from 'node:fs'

/** Where distributions put it. Nothing is downloaded. */
const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** The browser of this machine, or null when there is none. */
export const chromiumPath = (): string | null => PLACES.find((place) => existsSync(place)) ?? null
