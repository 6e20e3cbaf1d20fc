/** A call's items tenant by tenant, each tenant's in order of arrival: so that an engine looks at a tenant once. */
export type ByTenant<T> = {
  items: readonly T[]
  /** Where each of `items` stood in the call. */
  positions: readonly number[]
  tenants: readonly string[]
  /** How many of `items` belong to each of `tenants`. */
  sizes: readonly number[]
}

export function groupByTenant<T extends { tenantId: string }>(call: readonly T[]): ByTenant<T> {
  const groups = new Map<string, { item: T; position: number }[]>()
  for (const [position, item] of call.entries()) {
    const group = groups.get(item.tenantId)
    if (group === undefined) groups.set(item.tenantId, [{ item, position }])
    else group.push({ item, position })
  }
  const placed = [...groups.values()].flat()
  return {
    items: placed.map(({ item }) => item),
    positions: placed.map(({ position }) => position),
    tenants: [...groups.keys()],
    sizes: [...groups.values()].map((group) => group.length),
  }
}
