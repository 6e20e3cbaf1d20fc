/** Quoted so that a POSIX shell gives the program exactly these characters. */
export const shellQuote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

/** The command with which a producer would send this event; the API key comes from the environment of whoever runs it. */
export function toCurl({
  ingestUrl,
  idempotencyKey,
  body,
}: {
  ingestUrl: string | null
  idempotencyKey: string | null
  body: string
}): string {
  const url = `${ingestUrl ?? 'http://127.0.0.1:8080'}/events`
  const key = idempotencyKey === null ? '"$(uuidgen)"' : shellQuote(idempotencyKey)
  return [
    `curl -i ${shellQuote(url)}`,
    `-H "X-API-Key: $SLUICE_API_KEY"`,
    `-H 'Idempotency-Key: '${key}`,
    `-H 'Content-Type: application/json'`,
    `--data-binary ${shellQuote(body)}`,
  ].join(' \\\n  ')
}
