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

export type AuditedState = Readonly<Record<string, unknown>>
