/** The ports of the installation: projects, OPERATOR keys, data keys, processes and counts. */
import type { AuditEntry } from '../domain/audit/audit-entry.ts'
import type { Key } from '../domain/access/key.ts'
import type { Running, RunningProcess } from '../domain/installation/process.ts'
import type { Scope } from '../domain/access/scope.ts'
import type { ProjectStore } from './tenant-store.ts'
import type { Page, PageRequest } from '../domain/lists/page.ts'
import type { Project } from '../domain/access/project.ts'
import type { AuditLogFilter } from '../domain/lists/filters.ts'

/** The numbers of a project's events and deliveries at one time. */
export interface DeliveryCounts {
  readonly events: number
  readonly deliveries: number
  readonly delivered: number
  readonly pending: number
  readonly exhausted: number
  readonly cancelled: number
  readonly skipped: number
  readonly expired: number
  /** Whether the number of deliveries equals the number recorded with the events, and the sum of the states. */
  readonly consistent: boolean
}

/** A key with its hash, and the time of the query on the database's clock. */
export interface KnownKey {
  readonly key: Key
  readonly secretHash: string
  readonly now: Date
}

/** The registry of running server processes. */
export interface ProcessStore {
  registerProcess(process: Omit<RunningProcess, 'startedAt'>): Promise<void>
  /**
   * Records that a process is alive. WAS_DEAD: the last record was so old that other processes considered it dead.
   * REMOVED: the caller must register the process again.
   */
  seeProcess(id: string): Promise<'SEEN' | 'WAS_DEAD' | 'REMOVED'>
  removeProcess(id: string): Promise<void>
  /** Oldest first. */
  liveProcesses(): Promise<readonly RunningProcess[]>
}

/** Statements that are not restricted to one project: projects, OPERATOR keys, data keys and counts. */
export interface AdminStore extends ProcessStore {
  /** The same for every process on this database, and for no other database. */
  installationId(): Promise<string>
  insertProject(project: Project, encryptedDataKey: string): Promise<void>
  projectExists(projectId: string): Promise<boolean>
  /** Returns how many data keys are encrypted with each key of SECRETS_KEYS, by key id. */
  sealingKeys(): Promise<readonly { readonly keyId: string; readonly dataKeys: number }[]>
  /** Returns one data key for each key of SECRETS_KEYS that encrypts any: that of the oldest project. */
  sealedSamples(): Promise<
    readonly { readonly keyId: string; readonly projectId: string; readonly encrypted: string }[]
  >
  /**
   * Reads up to `limit` data keys of projects after the id `after` and stores what `rewrap` returns, in one
   * transaction. If `rewrap` returns null, the data key is not changed. Skips rows that another transaction has locked.
   * Before the first write it calls `mayRewrap`, which throws unless the running servers have the key. No server can
   * register until the transaction ends.
   */
  rewrapDataKeys(
    after: string,
    limit: number,
    mayRewrap: (running: Running) => void,
    rewrap: (projectId: string, encrypted: string) => string | null,
  ): Promise<{ readonly last: string | null; readonly rewrapped: number }>
  /** Null when there is no such project. */
  encryptedDataKey(projectId: string): Promise<string | null>
  /** Returns the store of one project, for work that the installation does there. */
  openProject(scope: Scope): ProjectStore
  /** Newest first. */
  listProjects(page: PageRequest<string>): Promise<Page<Project>>
  /** Keys with the role OPERATOR, newest first. */
  listOperatorKeys(page: PageRequest<string>): Promise<Page<Key>>
  /** Returns the time of the database's clock. */
  now(): Promise<Date>
  /** Stores the key and its entry in the audit log, which belongs to no project. */
  insertOperatorKey(key: Key, secretHash: string, entry: AuditEntry): Promise<void>
  /**
   * Revokes an OPERATOR key, stores the audit entry that `tell` returns, and notifies every process after the commit. A
   * key that was revoked before is returned unchanged. Null: there is no such OPERATOR key.
   */
  revokeOperatorKey(id: string, tell: (before: Key, after: Key) => AuditEntry): Promise<Key | null>
  operatorKeysByIds(ids: readonly string[]): Promise<readonly Key[]>
  /** Audit entries that belong to no project, newest first. */
  listOperatorEntries(filter: AuditLogFilter, page: PageRequest<string>): Promise<Page<AuditEntry>>
  /** Returns whether an audit entry that belongs to no project has this id. */
  hasOperatorEntry(id: string): Promise<boolean>
  /** Returns a key of any project or an OPERATOR key; null: there is no such key. */
  keyById(id: string): Promise<KnownKey | null>
  /** Returns those of the ids that name no valid key, on the database's clock: revoked, expired or unknown. */
  endedKeys(ids: readonly string[]): Promise<readonly string[]>
  /** Records that the key was used now, at most once per `everyMs`. Skips a key that another transaction has locked. */
  noteUse(id: string, everyMs: number): Promise<void>
  countDeliveries(projectId: string): Promise<DeliveryCounts>
}
