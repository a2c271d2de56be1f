/**
 * What the steps need from the world, as types. The edges implement them; `app.ts` wires the
 * two together. Nothing here knows drizzle, bullmq, graphql or undici.
 * What a project's rows can be asked is `project-ports.ts`, what the dispatcher does `dispatch-ports.ts`.
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

/** One wide line per step, past tense, in the words of the glossary. */
export interface Log {
  debug(fields: Record<string, unknown>, step: string): void
  info(fields: Record<string, unknown>, step: string): void
  warn(fields: Record<string, unknown>, step: string): void
  error(fields: Record<string, unknown>, step: string): void
}

/** What a decision may not do for itself: ids, dice and the time that has passed. */
export interface System {
  /** A new id; its time is `at`, or now. */
  newId(kind: IdKind, at?: Date): string
  newUuid(): string
  randomBytes(count: number): Uint8Array
  /** From 0 to below 1. */
  random(): number
  /** Milliseconds since some instant; never jumps. */
  monotonicMs(): number
  /** The clock above and the machine's, read at once. */
  clocks(): ClockReading
}

/** Seals and opens the secrets of a project. What was sealed for one place does not open in another. */
export interface Secrets {
  /** The keys of SECRETS_KEYS, the first one first. */
  readonly keys: readonly { readonly id: string; readonly fingerprint: string }[]
  /** A new data key for a project, itself sealed, to be stored with it: by the first key, of those whose fingerprints are given where one is. */
  newDataKey(projectId: string, held?: ReadonlySet<string> | null): string
  /** A project's data key, sealed anew by the first key of SECRETS_KEYS. Throws where no key opens it. */
  rewrap(projectId: string, encrypted: string): string
  /** Whether a data key is sealed by the first key, in the present form. */
  isCurrent(encrypted: string): boolean
  /** Whether that key is the first one of SECRETS_KEYS. */
  isFirst(keyId: string): boolean
  /** Whether SECRETS_KEYS has the key that sealed this data key of the project: that id, and those bytes. */
  canOpen(projectId: string, encrypted: string): boolean
  encrypt(projectId: string, place: string, text: string): Promise<string>
  open(projectId: string, place: string, encrypted: string): Promise<string>
}

/** JSON Schemas, drafts 2020-12 and 07, as texts. */
export interface Schemas {
  /** Why the text, which is of a JSON object, cannot be used as a schema; null when it can. */
  fault(schema: string): string | null
  /** Where the value does not match a schema that can be used; ten at the most, none when it does. */
  breaches(schema: string, value: unknown): readonly SchemaBreach[]
}

/** Does work that holds up the whole process while it is done, so that one project's does not hold up the others for long. */
export type RunFairly = <T>(projectId: string, work: () => T) => Promise<T>

export interface SchemaBreach {
  /** The keys and indexes that lead to the part of the value at fault; empty for the whole. */
  readonly path: readonly string[]
  /** What is wrong with it, to be read after its name: `must be string`. */
  readonly message: string
}

// --- how often ---------------------------------------------------------------------------------

/** What is counted, each by the id of whom it is counted for. How much of it may be in a minute is `domain/rate.ts`. */
export type RateKind =
  | 'KEY_COST'
  | 'KEY_MUTATIONS'
  | 'WEBHOOK_TESTS'
  | 'PROJECT_TESTS'
  | 'PROJECT_SAVE_CHECKS'
  | 'WEBHOOK_ROTATIONS'

/** Budgets that are full again after a minute; the minute begins with the first that is taken. */
export interface Rates {
  /** Takes so much, or nothing when less is left. Never throws. */
  take(kind: RateKind, id: string, amount: number): Promise<Taken>
}

export type Taken =
  | { readonly ok: true }
  | {
      readonly ok: false
      /** How long until the budget is full again, in whole seconds, 1 at the least. */ readonly retryAfterS: number
    }

// --- the guarded sender ------------------------------------------------------------------------

/** One request to a receiver, complete: the bytes that were signed are the bytes that are sent. */
export interface SendRequest {
  /** Connections are never shared between projects. */
  readonly projectId: string
  readonly url: string
  readonly headers: readonly Header[]
  readonly body: Uint8Array
  /** Total, from name look-up to the last byte read, in milliseconds. */
  readonly timeoutMs: number
  /** False only where the operator allows plain http and the webhook's policy asks for it. */
  readonly httpsOnly: boolean
  /** Whether it was counted by `enter`; else it waits until its host has room, before its time limit begins. */
  readonly entered?: boolean
  /**
   * Writes the request once more, when it is sent again on a new connection (`resentOnNewConnection`). Absent: it is
   * sent as it was.
   */
  readonly writeAgain?: () => { readonly headers: readonly Header[]; readonly body: Uint8Array }
  /**
   * Asked right before the first byte of the request is written. When it returns false, nothing is written, and the
   * result says so (`notBegun`). Absent: the request may always begin.
   */
  readonly mayBegin?: () => boolean
}

/** The guarded sender. It never throws for what a receiver, a name or a network did: that is in the result. */
export interface Sender {
  send(request: SendRequest): Promise<SendResult>
  /** Judges a URL at save time: syntax, scheme, user info, port, name, literal address. No name is looked up. */
  judgeUrl(url: string, rules: { readonly httpsOnly: boolean }, field: readonly string[]): JudgedUrl
  /** What the requests to a URL share one limit by: its host, whoever's webhook it is. */
  hostOf(url: string): string
  /** Whether the project may have one more request to that host under way from this process. */
  hasRoomAt(host: string, projectId: string): boolean
  /** Counts a request to that host from now until the function that it answers is called. */
  enter(host: string, projectId: string): () => void
  /** Calls the listener whenever a request to some host has ended, a test request too. */
  onRoom(listener: () => void): void
  /** Waits for nothing: aborts what is under way and closes every connection. */
  close(): Promise<void>
}

export type JudgedUrl =
  | {
      readonly ok: true
      /** The canonical form: what is stored, and what is sent to. */ readonly url: string
    }
  | { readonly ok: false; readonly problem: Problem }

// --- the alarm clock ---------------------------------------------------------------------------

/** Rings lanes. Losing, doubling or delaying a wake is harmless: the sweep finds what is due. */
export interface LaneScheduler {
  /** As soon as a slot is free. Never throws and never waits. */
  wakeNow(webhookIds: readonly string[]): void
  /** In so many milliseconds; replaces an earlier such wake of the same webhook. Never throws and never waits. */
  wakeAt(webhookId: string, delayMs: number): void
}

// --- what the installation's operator does ---------------------------------------------------------

/** What a project's events and deliveries add up to at one instant. */
export interface DeliveryCounts {
  readonly events: number
  readonly deliveries: number
  readonly delivered: number
  readonly pending: number
  readonly exhausted: number
  readonly cancelled: number
  readonly skipped: number
  readonly expired: number
  /** Whether every event has as many deliveries as webhooks wanted it, and every delivery is in one of the states. */
  readonly consistent: boolean
}

export interface KnownKey {
  readonly key: Key
  readonly secretHash: string
  readonly now: Date
}

/** The registry of running servers. */
export interface ProcessStore {
  registerProcess(process: Omit<RunningProcess, 'startedAt'>): Promise<void>
  /** Refreshes a process. WAS_DEAD: others took it for dead before; REMOVED: it is to be registered again. */
  seeProcess(id: string): Promise<'SEEN' | 'WAS_DEAD' | 'REMOVED'>
  removeProcess(id: string): Promise<void>
  /** Oldest first. */
  liveProcesses(): Promise<readonly RunningProcess[]>
}

export interface AdminStore extends ProcessStore {
  /** The same for every process on this database, and for no other database. */
  installationId(): Promise<string>
  insertProject(project: Project, encryptedDataKey: string): Promise<void>
  projectExists(projectId: string): Promise<boolean>
  /** How many data keys each key of SECRETS_KEYS seals, by the ids of those keys. */
  sealingKeys(): Promise<readonly { readonly keyId: string; readonly dataKeys: number }[]>
  /** For each key of SECRETS_KEYS that seals data keys, one of those: that of the oldest project. */
  sealedSamples(): Promise<
    readonly { readonly keyId: string; readonly projectId: string; readonly encrypted: string }[]
  >
  /**
   * Reads the next data keys after a project's, up to `limit`, and writes those that `rewrap` returns, in one
   * transaction; null from it leaves one as it is. Rows that another transaction is writing are passed over.
   * Before it writes, `mayRewrap` throws unless the running servers have the key; no server starts until the transaction
   * ends.
   */
  rewrapDataKeys(
    after: string,
    limit: number,
    mayRewrap: (running: Running) => void,
    rewrap: (projectId: string, encrypted: string) => string | null,
  ): Promise<{ readonly last: string | null; readonly rewrapped: number }>
  /** Null when there is no such project. */
  encryptedDataKey(projectId: string): Promise<string | null>
  /** The rows of one project, for what the installation itself does there. */
  openProject(scope: Scope): ProjectStore
  /** Newest first, as the list below. */
  listProjects(page: PageRequest<string>): Promise<Page<Project>>
  /** The keys of no project. */
  listOperatorKeys(page: PageRequest<string>): Promise<Page<Key>>
  /** On the database's clock. */
  now(): Promise<Date>
  /** With the line of the audit log that tells of it, which is of no project. */
  insertOperatorKey(key: Key, secretHash: string, entry: AuditEntry): Promise<void>
  /** Tells every process once it is committed. A key that was revoked before stays as it was; null: there is no such OPERATOR's key. */
  revokeOperatorKey(id: string, tell: (before: Key, after: Key) => AuditEntry): Promise<Key | null>
  operatorKeysByIds(ids: readonly string[]): Promise<readonly Key[]>
  /** The lines of no project, newest first. */
  listOperatorEntries(filter: AuditLogFilter, page: PageRequest<string>): Promise<Page<AuditEntry>>
  /** Whether a line of no project is there. */
  hasOperatorEntry(id: string): Promise<boolean>
  /** Whosesoever it is, and the instant of the look on the database's clock. */
  keyById(id: string): Promise<KnownKey | null>
  /** Those of the ids whose keys open nothing any more, on the database's clock; of what is no key too. */
  endedKeys(ids: readonly string[]): Promise<readonly string[]>
  /** Writes down that the key is used now, unless that was done within the last `everyMs`. */
  noteUse(id: string, everyMs: number): Promise<void>
  countDeliveries(projectId: string): Promise<DeliveryCounts>
}
