'use client'

import { useRouter } from 'next/navigation'
import { useEffect } from 'react'
import { useKeptQuery } from '../shell/kept-query.ts'
import { useAdmin } from '../shell/polling.tsx'
import { FailedNote, Skeleton } from '../shell/QueryPanel.tsx'
import { urls } from '../urls.ts'
import { LazyFoundByIds } from './LazyFoundByIds.tsx'

/** A UUID may be a receipt or a producer's own id: the receipt first, and its journey when there is one. */
export function OpenReceipt({ receiptId }: { receiptId: string }) {
  const router = useRouter()
  const kept = useKeptQuery()
  const receipt = useAdmin('receipt', { receipt_id: receiptId }, { poll: false })
  const tenants = useAdmin('tenants', {}, { poll: false })
  const isKnown = receipt.data !== undefined && receipt.data.state !== 'unknown'
  const target = urls.event(receiptId, kept)
  useEffect(() => {
    if (isKnown) router.replace(target)
  }, [isKnown, router, target])
  if (receipt.isError)
    return <FailedNote error={receipt.error} onRetry={() => void receipt.refetch()} isRetrying={receipt.isFetching} />
  if (receipt.data === undefined || isKnown || tenants.isPending) return <Skeleton label="Search" height={120} />
  const known = tenants.data?.data.map(({ tenant_id }) => tenant_id) ?? []
  return (
    <LazyFoundByIds
      plan={{
        type: 'ids',
        tenants: kept.tenant === undefined ? known : [kept.tenant],
        eventId: receiptId,
        idempotencyKey: receiptId,
      }}
      receiptId={receiptId}
    />
  )
}
