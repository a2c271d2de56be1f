/** The installation, projects, partners, keys, and the records of requests and changes. */
import { index, integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import type { AuditedState } from '../../domain/audit/audit-entry.ts'
import { keyRoles } from '../../domain/access/key.ts'
import { id, instant } from './columns.ts'

/** One row, inserted by the migration. Its id distinguishes this installation from others that use the same Redis. */
export const installation = pgTable('installation', { id: text('id').primaryKey() })

/**
 * Running servers. Each server refreshes its row every few seconds and deletes it when it stops. Only the admin pool
 * reads this table.
 */
export const processes = pgTable('processes', {
  id: id('id').primaryKey(),
  roles: text('roles').array().notNull(),
  version: text('version').notNull(),
  host: text('host').notNull(),
  pid: integer('pid').notNull(),
  /** The fingerprints of the keys in the process's SECRETS_KEYS, in the order of that setting. */
  keyFingerprints: text('key_fingerprints').array().notNull(),
  startedAt: instant('started_at').notNull().defaultNow(),
  seenAt: instant('seen_at').notNull().defaultNow(),
})

export const projects = pgTable('projects', {
  id: id('id').primaryKey(),
  name: text('name').notNull(),
  /** Encrypts the project's secrets. Is itself encrypted with a key of SECRETS_KEYS. */
  encryptedDataKey: text('sealed_data_key').notNull(),
  arrivingMinutes: integer('arriving_minutes').array().notNull().default([]),
  createdAt: instant('created_at').notNull().defaultNow(),
})

/** Integrators inside a project, who own webhooks. */
export const partners = pgTable(
  'partners',
  {
    id: id('id').primaryKey(),
    projectId: id('project_id')
      .notNull()
      .references(() => projects.id),
    name: text('name').notNull(),
    /** Null: the contact has no name, or there is no contact. */
    contactName: text('contact_name'),
    /** Null: there is no contact. */
    contactEmail: text('contact_email'),
    createdAt: instant('created_at').notNull(),
    /** Null: not deleted. The row stays, because keys, webhooks and audit entries refer to it. */
    deletedAt: instant('deleted_at'),
  },
  (t) => [
    // list a project's partners
    index('partners_project').on(t.projectId, t.id),
  ],
)

export const keys = pgTable(
  'keys',
  {
    id: id('id').primaryKey(),
    /** Null for an OPERATOR key. */
    projectId: id('project_id').references(() => projects.id),
    /** Null unless the role is PARTNER. */
    partnerId: id('partner_id').references(() => partners.id),
    role: text('role', { enum: keyRoles }).notNull(),
    /** Null: the key has no name. */
    name: text('name'),
    /** SHA-256 of the secret part, in hex. The secret has 256 random bits, so a fast hash is sufficient. */
    secretHash: text('secret_hash').notNull(),
    createdAt: instant('created_at').notNull().defaultNow(),
    /** Null: the key does not expire. */
    expiresAt: instant('expires_at'),
    /** Null: the key is not revoked. */
    revokedAt: instant('revoked_at'),
    /** Updated at most once a minute. Null: the key has not been used. */
    lastUsedAt: instant('last_used_at'),
  },
  (t) => [
    // list a project's keys
    index('keys_project').on(t.projectId, t.id),
  ],
)

/** The sessions of browsers. Only the admin pool reads this table. */
export const sessions = pgTable(
  'sessions',
  {
    /** SHA-256 of the token, in hex. The token has 256 random bits, so a fast hash is sufficient. */
    id: id('id').primaryKey(),
    keyId: id('key_id')
      .notNull()
      .references(() => keys.id),
    createdAt: instant('created_at').notNull().defaultNow(),
    /** Updated at most once a minute. */
    seenAt: instant('seen_at').notNull().defaultNow(),
  },
  (t) => [
    // a key's sessions, least recently used first
    index('sessions_key').on(t.keyId, t.seenAt),
  ],
)

/**
 * Every change: which key made it, what, when, and the state before and after, without secrets. Written in the
 * transaction of the change.
 */
export const auditLog = pgTable(
  'audit_log',
  {
    id: id('id').primaryKey(),
    /** Null: the object belongs to no project, as OPERATOR keys do. */
    projectId: id('project_id'),
    at: instant('at').notNull(),
    /** Null: a command made the change, not a request. */
    keyId: id('key_id'),
    /** The name of the mutation. */
    operation: text('operation').notNull(),
    objectId: id('object_id').notNull(),
    /** Null: the object did not exist before. */
    before: jsonb('before').$type<AuditedState>(),
    /** Null: the object does not exist any more. */
    after: jsonb('after').$type<AuditedState>(),
  },
  (t) => [
    // list a project's entries, newest first
    index('audit_log_project').on(t.projectId, t.id),
    // list the entries of one object
    index('audit_log_object').on(t.projectId, t.objectId, t.id),
  ],
)

/** The results of mutations that were called with an idempotency key. */
export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    projectId: id('project_id').notNull(),
    mutation: text('mutation').notNull(),
    key: text('key').notNull(),
    /** SHA-256 of the input, in hex. */
    inputHash: text('input_hash').notNull(),
    /** JSON. Null only inside the transaction that will set it. */
    answer: text('answer'),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.projectId, t.mutation, t.key] }),
    // retention
    index('idempotency_keys_age').on(t.createdAt),
  ],
)
