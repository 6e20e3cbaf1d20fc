const LOOPBACK_HOST = /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(:\d{1,5})?$/i

export const isLoopbackHost = (host: string | null): boolean => LOOPBACK_HOST.test(host ?? '')

/** Whether a request that changes something comes from a page of ours: its `Origin` names the host that it was sent to. */
export function isSameOrigin(origin: string | null, host: string | null): boolean {
  if (origin === null || host === null) return false
  try {
    return new URL(origin).host === host
  } catch {
    // `null`, or no origin at all.
    return false
  }
}
