/** Keys that exist under `sluice dev` only, and only while API_KEYS is unset; as they are public, they may be shown. */
export const DEMO_API_KEYS = 'tenant_a:key_a,tenant_b:key_b'
