/** Whose rows somebody reaches. Every store is made from a scope, and puts it into every statement. */
export interface Scope {
  readonly projectId: string
  /** Only what this partner's webhooks are and were owed; null: all of the project. */
  readonly partnerId: string | null
  /** Who acts, for the audit log; null: nobody's key, but the installation itself. */
  readonly keyId: string | null
}

/** All of a project, for the installation's own doings. */
export function wholeProject(projectId: string): Scope {
  return { projectId, partnerId: null, keyId: null }
}
