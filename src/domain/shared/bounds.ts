/** Whether a number that somebody gave is within its bounds, and what to say when it is not. */
import { problem, type Problem } from './problem.ts'

export interface Bounds {
  readonly min: number
  readonly max: number
  /** What is counted, with its "of": `of milliseconds`. Left out where that is plain. */
  readonly unit?: string
}

/** A whole number between the bounds, both included, where one was given. What is wrong is INVALID; NaN and infinity are wrong. */
export function checkWhole(
  value: number | null | undefined,
  { min, max, unit }: Bounds,
  at: readonly string[],
): readonly Problem[] {
  if (value == null || (Number.isInteger(value) && value >= min && value <= max)) return []
  const kind = unit === undefined ? 'a whole number' : `a whole number ${unit}`
  return [problem('INVALID', at, `${at.at(-1) ?? ''} is ${value}; it must be ${kind} from ${min} to ${max}`)]
}
