/** Random decisions that a seed repeats, with a sequence for each actor: the timing of other actors does not change them. */

export interface SeededRandom {
  /** True with this probability. */
  happens(probability: number): boolean
  /** An integer from 0 to `limit` - 1. */
  below(limit: number): number
  pick<T>(choices: readonly T[]): T
}

export function seededRandom(seed: number, actor: string): SeededRandom {
  let state = seed >>> 0
  for (const letter of actor) state = Math.imul(state ^ letter.charCodeAt(0), 0x01000193) >>> 0
  // Mulberry32: small, and good enough to spread decisions.
  const roll = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number): number => Math.floor(roll() * limit)
  return {
    below,
    happens: (probability) => roll() < probability,
    pick: <T>(choices: readonly T[]): T => choices[below(choices.length)] as T,
  }
}

/** The seeds of a run. A seed in the environment variable is repeated alone, up to ten times. */
export function seedsOf(variable: string, count: number): readonly number[] {
  const fixedSeed = process.env[variable]
  if (fixedSeed !== undefined) return Array.from({ length: Math.min(count, 10) }, () => Number(fixedSeed))
  const first = Date.now() % 1_000_000_000
  return Array.from({ length: count }, (_, index) => first + index)
}

/** Divides items into batches of 1 to 7, in their order. */
export function batchesOf<T>(items: readonly T[], random: SeededRandom): readonly (readonly T[])[] {
  const batches: (readonly T[])[] = []
  for (let from = 0; from < items.length;) {
    const batch = items.slice(from, from + 1 + random.below(7))
    batches.push(batch)
    from += batch.length
  }
  return batches
}
