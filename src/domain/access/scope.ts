/** The rows that a request may read and write. Every store is created with a scope and adds it to every statement. */
export interface Scope {
  readonly projectId: string
  /** Only this partner's webhooks and their deliveries; null: the whole project. */
  readonly partnerId: string | null
  /** The key that the audit log names; null: the installation itself acts, without a key. */
  readonly keyId: string | null
}

/** The scope of a whole project, for work that the installation does without a key. */
export function wholeProject(projectId: string): Scope {
  return { projectId, partnerId: null, keyId: null }
}
