import { describeGate } from './gate.contract.ts'
import { createMemoryGate } from './memory-gate.ts'

describeGate('memory', async (_t, settings) => {
  const gate = createMemoryGate(settings)
  return { gate, another: gate }
})
