import { gzipSync } from 'node:zlib'

/** One page of each kind. */
export const KINDS_OF_PAGES = [
  '/',
  '/pipeline',
  '/dlq',
  '/search',
  '/events/01936f0a-0000-7000-8000-00000000aaaa',
  '/live',
  '/audit',
]

/** Script that a page asks for by itself, gzipped, before anybody touches it. */
export async function scriptBytes(url: string): Promise<{ bytes: number; scripts: number }> {
  const html = await (await fetch(url)).text()
  const addresses = new Set(
    [...html.matchAll(/<script[^>]* src="([^"]+)"[^>]*>/g)]
      .filter(([tag]) => !/ nomodule/i.test(tag))
      .map(([, address = '']) => address),
  )
  let bytes = 0
  for (const address of addresses) bytes += gzipSync(await (await fetch(new URL(address, url))).text()).length
  return { bytes, scripts: addresses.size }
}
