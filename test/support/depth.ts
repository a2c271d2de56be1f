/**
 * How many random cases a test tries: a tenth of its full number, or all of them with `TEST_DEPTH=full`. The seed of a
 * failure is in its message, so that the case can be repeated at any depth.
 */
const isFull = process.env['TEST_DEPTH'] === 'full'

/** Throws when TEST_DEPTH has another value than `full`. */
export function depth(full: number): number {
  const given = process.env['TEST_DEPTH']
  if (given !== undefined && !isFull)
    throw new Error(`expected TEST_DEPTH to be full or not set, it is ${given}`)
  return isFull ? full : Math.ceil(full / 10)
}
