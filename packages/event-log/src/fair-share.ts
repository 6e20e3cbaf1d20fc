/**
 * How many partitions a member may hold: each gets floor or ceil of partitions / members, the elder ones the larger part.
 * The shares of all members add up to `partitions`, so nobody needs to be asked.
 * @param elders members that joined before this one, 0 to members - 1
 */
export function fairShare(partitions: number, members: number, elders: number): number {
  return Math.floor(partitions / members) + (elders < partitions % members ? 1 : 0)
}
