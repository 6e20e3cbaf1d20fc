/**
 * Finds a tenant's key by its text. A run's keys are its prefix and a number, so that the number alone finds nearly all of
 * them: a million take 6 MB, where a map of texts would take twenty times as much.
 */
export class KeyIndex {
  readonly #prefix: string
  readonly #tenants: string[] = []
  /** By number: the key, plus 1; 0 for none. */
  #byNumber = new Int32Array(0)
  #tenantOf = new Uint16Array(0)
  /** By `tenant key`, what does not fit above: other texts, and the second tenant that used a number. Ids hold no space. */
  readonly #others = new Map<string, number>()

  constructor(prefix: string) {
    this.#prefix = prefix
  }

  /** Null when there is none. */
  find(tenantId: string, text: string): number | null {
    const number = this.#numberOf(text)
    const key = number === null ? 0 : (this.#byNumber[number] ?? 0)
    if (number !== null && key !== 0 && this.#tenants[this.#tenantOf[number] ?? 0] === tenantId) return key - 1
    return this.#others.get(`${tenantId} ${text}`) ?? null
  }

  /** Adds a key that `find` does not know; returns it. */
  add(tenantId: string, text: string, key: number): number {
    const number = this.#numberOf(text)
    if (number === null || (this.#byNumber[number] ?? 0) !== 0) {
      this.#others.set(`${tenantId} ${text}`, key)
      return key
    }
    if (number >= this.#byNumber.length) this.#grow(Math.max(1_024, number * 2))
    this.#byNumber[number] = key + 1
    this.#tenantOf[number] = this.#tenantIndex(tenantId)
    return key
  }

  #numberOf(text: string): number | null {
    if (!text.startsWith(this.#prefix)) return null
    const digits = text.slice(this.#prefix.length)
    return /^(?:0|[1-9]\d{0,7})$/.test(digits) ? Number(digits) : null
  }

  #tenantIndex(tenantId: string): number {
    const known = this.#tenants.indexOf(tenantId)
    return known === -1 ? this.#tenants.push(tenantId) - 1 : known
  }

  #grow(size: number): void {
    const [numbers, tenants] = [new Int32Array(size), new Uint16Array(size)]
    numbers.set(this.#byNumber)
    tenants.set(this.#tenantOf)
    this.#byNumber = numbers
    this.#tenantOf = tenants
  }
}
