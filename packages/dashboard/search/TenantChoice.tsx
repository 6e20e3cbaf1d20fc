'use client'

import { VisibleText } from '../cells/VisibleText.tsx'
import { useQueryStates } from '../shell/use-query-states.ts'
import { Button } from '../ui/Button.tsx'
import { EmptyMessage } from '../ui/EmptyMessage.tsx'
import { searchParams } from './search-params.ts'

/** Event ids and keys belong to a tenant: asks which. */
export function TenantChoice({ text, known }: { text: string; known: readonly string[] }) {
  const [, setSearch] = useQueryStates(searchParams, { history: 'push' })
  return (
    <EmptyMessage title="Of which tenant?">
      <p>
        Event ids and idempotency keys belong to a tenant. Choose whose{' '}
        <code className="text-12 break-all text-ink">
          <VisibleText text={text.slice(0, 200)} />
        </code>{' '}
        it is, or type its name above.
      </p>
      <div className="flex flex-wrap gap-2">
        {known.map((name) => (
          <Button key={name} onClick={() => void setSearch({ tenant: name })}>
            {name}
          </Button>
        ))}
      </div>
    </EmptyMessage>
  )
}
