/** The audit log: who changed what, when, and what it was before and after, without secrets. */
export interface AuditEntry {
  readonly id: string
  readonly at: Date
  /** Null: a command of the installation's operator, not a request. */
  readonly keyId: string | null
  /** The mutation's name. */
  readonly operation: string
  /** What was changed; of an operation on several things, the one that it was asked for. */
  readonly objectId: string
  /** JSON objects of what changed; null where there was nothing before, or is nothing after. */
  readonly before: AuditedState | null
  readonly after: AuditedState | null
}

/** An entry as lists read it: what it was before and after may be large, and is read where somebody asks for it. */
export interface ListedEntry extends Omit<AuditEntry, 'before' | 'after'> {
  /** Of each state, as JSON. */
  readonly beforeBytes: number
  readonly afterBytes: number
}

export type AuditedStates = Pick<AuditEntry, 'before' | 'after'>

export type AuditedState = Readonly<Record<string, unknown>>

/** Of two states of one thing what differs; of one that came or went, all of it. Instants as their ISO 8601 texts. */
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
