/** A closed list whose members have rules is written once: as the names of the rules. */
export function namesOf<Name extends string>(
  rules: Readonly<Record<Name, unknown>>,
): readonly [Name, ...Name[]] {
  return Object.keys(rules) as [Name, ...Name[]]
}
