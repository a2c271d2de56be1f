/** Returns the names of a record of rules, so that the list of names is not written a second time. */
export function namesOf<Name extends string>(
  rules: Readonly<Record<Name, unknown>>,
): readonly [Name, ...Name[]] {
  return Object.keys(rules) as [Name, ...Name[]]
}
