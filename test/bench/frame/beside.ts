/** Measures a ceiling just before and just after the work that is compared with it, because the speed of a machine drifts. */
import { meanOf } from './figures.ts'

/** A measured ceiling. All values are means of the two measurements. */
export type Ceiling<Name extends string> = Readonly<Record<Name, number>>

export async function beside<Name extends string, T>(
  measure: () => Promise<Ceiling<Name>>,
  work: () => Promise<T>,
): Promise<{ readonly ceiling: Ceiling<Name>; readonly result: T }> {
  const before = await measure()
  const result = await work()
  const after = await measure()
  const names = Object.keys(before) as Name[]
  const means = names.map((name) => [name, meanOf([before[name], after[name]])] as const)
  return { ceiling: Object.fromEntries(means) as Record<Name, number>, result }
}
