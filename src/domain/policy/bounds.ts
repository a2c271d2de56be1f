/** Whether a number of an override is within its bounds, and what to say when it is not. */
import { problem, type Problem } from '../problem.ts'

export interface Bounds {
  readonly min: number
  readonly max: number
  /** What is counted, with its "of": `of milliseconds`. Empty where that is plain. */
  readonly unit: string
}

/** A whole number between the bounds, both included. What is wrong is INVALID; NaN and infinity are wrong. */
export function checkWhole(
  value: number,
  { min, max, unit }: Bounds,
  at: readonly string[],
): readonly Problem[] {
  if (Number.isInteger(value) && value >= min && value <= max) return []
  const kind = ['a whole number', ...(unit === '' ? [] : [unit])].join(' ')
  return [problem('INVALID', at, `${at.at(-1) ?? ''} is ${value}; it must be ${kind} from ${min} to ${max}`)]
}
