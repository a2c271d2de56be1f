/** Checks that a number from the client is a whole number within its bounds. */
import { problem, type Problem } from './problem.ts'

export interface Bounds {
  readonly min: number
  readonly max: number
  /** The unit as the error message writes it, such as `of milliseconds`. Absent: the message names no unit. */
  readonly unit?: string
}

/**
 * Returns an INVALID problem unless `value` is a whole number from `min` to `max`, both included. NaN and infinity are
 * invalid. Null and undefined are valid.
 */
export function checkWhole(
  value: number | null | undefined,
  { min, max, unit }: Bounds,
  at: readonly string[],
): readonly Problem[] {
  if (value == null || (Number.isInteger(value) && value >= min && value <= max)) return []
  const kind = unit === undefined ? 'a whole number' : `a whole number ${unit}`
  return [problem('INVALID', at, `${at.at(-1) ?? ''} is ${value}; it must be ${kind} from ${min} to ${max}`)]
}
