/** Runs what it is given one after the other, in the order of the calls. What fails lets the next one go. */
export type InTurn = <T>(work: () => Promise<T>) => Promise<T>

export function createTurns(): InTurn {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const mine = last.then(work)
    last = mine.then(
      () => {},
      () => {},
    )
    return mine
  }
}
