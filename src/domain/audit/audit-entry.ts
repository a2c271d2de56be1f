/** The audit log: which key changed which object, when, and its values before and after, without secrets. */
export interface AuditEntry {
  readonly id: string
  readonly at: Date
  /** Null: the change was made by a command of the installation's operator, not by a request. */
  readonly keyId: string | null
  /** The mutation's name. */
  readonly operation: string
  /** The changed object; for an operation that changes several objects, the one that the request named. */
  readonly objectId: string
  /** Values of the changed fields. `before` is null for a creation, `after` for a deletion. */
  readonly before: AuditedState | null
  readonly after: AuditedState | null
}

/** An entry without its values, for lists. They may be large and are read only if the client selects them. */
export interface ListedEntry extends Omit<AuditEntry, 'before' | 'after'> {
  /** Sizes of the two values as JSON, in bytes. */
  readonly beforeBytes: number
  readonly afterBytes: number
}

/** The values before and after a change. */
export type AuditedStates = Pick<AuditEntry, 'before' | 'after'>

/** The audited fields of an object by name. */
export type AuditedState = Readonly<Record<string, unknown>>

/**
 * Returns the fields that differ between two states of an object, or all fields if the object is new or deleted. Values
 * are compared as JSON.
 */
export function differences(
  before: AuditedState | null,
  after: AuditedState | null,
): Pick<AuditEntry, 'before' | 'after'> {
  if (before === null || after === null) return { before, after }
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  const changed = names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]))
  const of = (state: AuditedState) => Object.fromEntries(changed.map((name) => [name, state[name] ?? null]))
  return { before: of(before), after: of(after) }
}
