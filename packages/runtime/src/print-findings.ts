import type { Finding } from './finding.ts'

/** What `main.ts --check` does: looks at what the process needs, and writes the findings as one JSON document. */
export async function printFindings(inspections: readonly Promise<readonly Finding[]>[]): Promise<void> {
  const findings = (await Promise.all(inspections)).flat()
  process.stdout.write(`${JSON.stringify(findings)}\n`)
}
