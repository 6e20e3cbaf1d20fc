import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

/** Where Debian, Fedora and Arch put it. Nothing is downloaded. */
const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** The browser of this machine, or null when there is none: then what needs one is listed as not run. */
export const chromiumPath = (): string | null => PLACES.find((place) => existsSync(place)) ?? null

export function openChromium(path: string): Promise<Browser> {
  // In containers Chromium runs as root, where its sandbox refuses to start; it opens pages of our own only.
  return chromium.launch({ executablePath: path, args: ['--no-sandbox', '--disable-dev-shm-usage'] })
}
