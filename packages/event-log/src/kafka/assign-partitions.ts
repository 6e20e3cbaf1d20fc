import type { GroupPartitionsAssigner } from '@platformatic/kafka'

/**
 * Divides the partitions of each topic among the members that want it: each gets floor or ceil of partitions / members. The
 * client's own assigner knows the leader's topics only, and a group may be read on several.
 */
export const assignPartitions: GroupPartitionsAssigner = (_leader, members, _leadersTopics, metadata) => {
  const assigned = new Map([...members.keys()].map((memberId) => [memberId, new Map()]))
  for (const [topic, { partitionsCount }] of metadata.topics) {
    // In a fixed order, so that a member keeps its partitions while the group stays the same.
    const readers = [...members].filter(([, { topics }]) => topics?.includes(topic)).map(([memberId]) => memberId)
    readers.sort()
    for (const [nth, memberId] of readers.entries()) {
      const partitions = Array.from({ length: partitionsCount }, (_, partition) => partition)
      const own = partitions.filter((partition) => partition % readers.length === nth)
      assigned.get(memberId)?.set(topic, { topic, partitions: own })
    }
  }
  return [...assigned].map(([memberId, assignments]) => ({ memberId, assignments }))
}
