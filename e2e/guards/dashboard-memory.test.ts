import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { MEMORY } from '@sluice/dashboard/memory'

const root = fileURLToPath(new URL('../..', import.meta.url))

for (const file of ['packages/cli/src/dev/parts.ts', 'infra/docker-compose.yml'])
  test(`${file} starts the dashboard with its limits of memory`, () => {
    const text = readFileSync(root + file, 'utf8')
    for (const flag of MEMORY.flags) assert.ok(text.includes(flag), flag)
    for (const [name, value] of Object.entries(MEMORY.env)) assert.match(text, new RegExp(`${name}: ['"]${value}['"]`))
  })
