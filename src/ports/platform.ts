/**
 * Ports: types of the infrastructure that services and the dispatcher use. Nothing here depends on drizzle, bullmq,
 * graphql or undici.
 */
import type { AuditEntry } from '../domain/audit/audit-entry.ts'
import type { IdKind } from '../domain/shared/ids.ts'
import type { Key } from '../domain/access/key.ts'
import type { ClockReading } from '../domain/deliveries/lease.ts'
import type { Header, SendResult } from '../domain/deliveries/outcome.ts'
import type { Problem } from '../domain/shared/problem.ts'
import type { Running, RunningProcess } from '../domain/installation/process.ts'
import type { Scope } from '../domain/access/scope.ts'
import type { ProjectStore } from './tenant-store.ts'
import type { Page, PageRequest } from '../domain/lists/page.ts'
import type { Project } from '../domain/access/project.ts'
import type { AuditLogFilter } from '../domain/lists/filters.ts'

/** Structured log. `step` names the event in past tense, such as `webhook.disabled`. */
export interface Log {
  debug(fields: Record<string, unknown>, step: string): void
  info(fields: Record<string, unknown>, step: string): void
  warn(fields: Record<string, unknown>, step: string): void
  error(fields: Record<string, unknown>, step: string): void
}

/** Ids, randomness and clocks, so that tests can replace them. */
export interface System {
  /** Creates an id whose time is `at`, by default now. */
  newId(kind: IdKind, at?: Date): string
  newUuid(): string
  randomBytes(count: number): Uint8Array
  /** Returns a number in [0, 1). */
  random(): number
  /** Returns milliseconds since an arbitrary time. Is not affected by changes of the wall clock. */
  monotonicMs(): number
  /** Reads the monotonic clock and the wall clock at the same time. */
  clocks(): ClockReading
}

/**
 * Encrypts and decrypts the secrets of a project with its data key. The keys of SECRETS_KEYS encrypt the data keys. A
 * text that was encrypted for one `place` cannot be decrypted for another place.
 */
export interface Secrets {
  /** The keys of SECRETS_KEYS, in the order of the setting. */
  readonly keys: readonly { readonly id: string; readonly fingerprint: string }[]
  /**
   * Creates a data key for a new project and returns it encrypted. It is encrypted with the first key of SECRETS_KEYS
   * whose fingerprint is in `held`, or with the first key if there is none.
   */
  newDataKey(projectId: string, held?: ReadonlySet<string> | null): string
  /** Re-encrypts a project's data key with the first key of SECRETS_KEYS. Throws when no key can decrypt it. */
  rewrap(projectId: string, encrypted: string): string
  /** Returns whether a data key is encrypted with the first key and in the current format. */
  isCurrent(encrypted: string): boolean
  /** Returns whether the key is the first one of SECRETS_KEYS. */
  isFirst(keyId: string): boolean
  /** Returns whether SECRETS_KEYS has the key that decrypts this data key: its id and its bytes must match. */
  canOpen(projectId: string, encrypted: string): boolean
  encrypt(projectId: string, place: string, text: string): Promise<string>
  open(projectId: string, place: string, encrypted: string): Promise<string>
}

/** Validation with JSON Schemas, drafts 2020-12 and 07, as JSON texts. */
export interface Schemas {
  /** Returns why the text of a JSON object is not a usable schema; null when it is. */
  fault(schema: string): string | null
  /** Returns at most ten places where the value does not match a usable schema; empty when it matches. */
  breaches(schema: string, value: unknown): readonly SchemaBreach[]
}

/**
 * Runs synchronous work that blocks the event loop. Limits how long the work of one project can block the requests of
 * other projects.
 */
export type RunFairly = <T>(projectId: string, work: () => T) => Promise<T>

/** A place where a value does not match its schema. */
export interface SchemaBreach {
  /** The keys and indexes that lead to the invalid part; empty for the whole value. */
  readonly path: readonly string[]
  /** What is wrong with the part, without its name, such as `must be string`. */
  readonly message: string
}

/** The kinds of rate limits. Each is counted per id of a key, webhook or project. */
export type RateKind =
  | 'KEY_COST'
  | 'KEY_MUTATIONS'
  | 'WEBHOOK_TESTS'
  | 'PROJECT_TESTS'
  | 'PROJECT_SAVE_CHECKS'
  | 'WEBHOOK_ROTATIONS'

/** Rate limits with a fixed window of one minute, which begins with the first request. */
export interface Rates {
  /** Consumes `amount`, or nothing when less than that is left. Never throws. */
  take(kind: RateKind, id: string, amount: number): Promise<Taken>
}

/** The result of `Rates.take`. */
export type Taken =
  | { readonly ok: true }
  | {
      readonly ok: false
      /** Whole seconds until the window ends, at least 1. */
      readonly retryAfterS: number
    }

/** A complete request to a receiver. It is sent byte for byte, so that the signature matches. */
export interface SendRequest {
  /** Projects do not share connections. */
  readonly projectId: string
  readonly url: string
  readonly headers: readonly Header[]
  readonly body: Uint8Array
  /** Time limit in milliseconds, from the DNS lookup to the last byte of the response. */
  readonly timeoutMs: number
  /** Whether http URLs are refused. If false, the installation's settings decide. */
  readonly httpsOnly: boolean
  /**
   * Whether `enter` has counted the request already. Otherwise the request waits until the host's concurrency limit
   * allows it; the time limit begins after that wait.
   */
  readonly entered?: boolean
  /**
   * Renders the request again when it is sent again on a new connection (`resentOnNewConnection`). Absent: the same
   * bytes are sent again.
   */
  readonly writeAgain?: () => { readonly headers: readonly Header[]; readonly body: Uint8Array }
  /**
   * Called immediately before the first byte of the request is sent. If it returns false, nothing is sent and the
   * result has `notBegun`. Absent: the request may always begin.
   */
  readonly mayBegin?: () => boolean
}

/**
 * Sends requests to receivers, and refuses destinations that are not allowed. Failures of receivers, DNS and networks
 * are in the result and are never thrown.
 */
export interface Sender {
  send(request: SendRequest): Promise<SendResult>
  /** Validates a webhook's URL: syntax, scheme, user info, port, name, literal address. Does not use DNS. */
  judgeUrl(url: string, rules: { readonly httpsOnly: boolean }, field: readonly string[]): JudgedUrl
  /** Returns the host of a URL, for which requests of all projects share one concurrency limit. */
  hostOf(url: string): string
  /** Returns whether the project may run one more request to the host from this process. */
  hasRoomAt(host: string, projectId: string): boolean
  /** Counts a request to the host until the caller calls the returned function. */
  enter(host: string, projectId: string): () => void
  /** Calls the listener whenever a request to any host has ended, including test requests. */
  onRoom(listener: () => void): void
  /** Aborts running requests and closes all connections. Does not wait for responses. */
  close(): Promise<void>
}

/** The result of `Sender.judgeUrl`. */
export type JudgedUrl =
  | {
      readonly ok: true
      /** The canonical form, which is stored and to which requests are sent. */
      readonly url: string
    }
  | { readonly ok: false; readonly problem: Problem }

/** Schedules lanes. Lost, duplicate or late wake-ups are harmless: the sweep finds due deliveries. */
export interface LaneScheduler {
  /** Schedules the lanes as soon as possible. Never throws and never waits. */
  wakeNow(webhookIds: readonly string[]): void
  /** Schedules a lane after `delayMs`. Replaces its earlier delayed wake-up. Never throws and never waits. */
  wakeAt(webhookId: string, delayMs: number): void
}

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
