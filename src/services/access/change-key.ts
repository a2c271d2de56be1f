/**
 * Creates and revokes API keys. The text of a key is returned only when the key is created. A key of role OPERATOR
 * belongs to no project, and neither do the audit entries of its creation and revocation.
 */
import { differences, type AuditedState } from '../../domain/audit/audit-entry.ts'
import { isIdOf } from '../../domain/shared/ids.ts'
import { laterOf } from '../../domain/shared/instant.ts'
import { hashSecret, maxLiveKeys, writeKey, type Key, type KeyRole } from '../../domain/access/key.ts'
import { ok, problem, refused, type Problem, type Result } from '../../domain/shared/problem.ts'
import { allFine, checkText } from '../../domain/shared/text.ts'
import type { AdminStore } from '../../db/installation/installation-store.ts'
import type { System } from '../../ports/system.ts'
import type { Log } from '../../ports/log.ts'
import type { ProjectStore } from '../../db/tenant/tenant-store.ts'
import type { ProjectTx } from '../../db/tenant/transaction.ts'
import { writeAuditEntry } from '../shared/write-audit-entry.ts'
import { transact } from '../shared/transact.ts'

/** 256 bits cannot be guessed, so a fast hash is sufficient. */
const keySecretBytes = 32

export interface KeyInput {
  readonly role: KeyRole
  readonly name?: string | null | undefined
  /** Required for role PARTNER, not allowed for other roles. */
  readonly partnerId?: string | null | undefined
  /** Must be later than the database's current time. Null: the key does not expire. */
  readonly expiresAt?: Date | null | undefined
}

/** A new key and its text. The text is returned only here. */
export interface MadeKey {
  readonly key: Key
  readonly text: string
}

/** The caller and the parts that a change of keys needs. */
export interface KeyDeps {
  /** The project of the request; null when an OPERATOR has named none. */
  readonly project: KeyProject | null
  readonly system: System
  readonly log: Log
  /** Null unless the caller's key has role OPERATOR. */
  readonly admin: AdminStore | null
  /** The caller's key. */
  readonly keyId: string
  /** Makes this process look the key up again at its next use. */
  readonly forgetKey: (keyId: string) => void
}

/** A project whose keys are changed. */
export interface KeyProject {
  readonly projectId: string
  readonly store: ProjectStore
}

/**
 * Creates a key of the project. A caller with an OPERATOR key may also create OPERATOR keys, which belong to no
 * project. Returns null when the key would belong to a project and the request has none.
 */
export async function createKey(deps: KeyDeps, input: KeyInput): Promise<Result<MadeKey> | null> {
  const made = await createKeyOfRole(deps, input)
  if (made?.ok === true) {
    const { id, role, projectId } = made.value.key
    deps.log.info({ keyId: id, role, projectId, by: deps.keyId }, 'key.created')
  }
  return made
}

async function createKeyOfRole(
  { project, admin, system, keyId }: Omit<KeyDeps, 'forgetKey'>,
  input: KeyInput,
): Promise<Result<MadeKey> | null> {
  if (input.role === 'OPERATOR' && admin !== null) return createOperatorKey({ admin, system, keyId }, input)
  return project && createProjectKey({ ...project, system }, input)
}

/**
 * Creates a key of a project. LIMIT_REACHED when the project has `maxLiveKeys` keys that are not revoked or expired.
 */
export function createProjectKey(
  { store, system, projectId }: KeyProject & Pick<KeyDeps, 'system'>,
  input: KeyInput,
): Promise<Result<MadeKey>> {
  return transact<MadeKey>(store, async (tx) => {
    const checked = allFine({
      role: input.role === 'OPERATOR' ? operatorOnly() : input.role,
      ...checkTerms(input, tx.now),
      partnerId: await checkPartner(tx, input),
    })
    if (!checked.ok) return checked
    const live = await tx.countLiveKeys()
    if (live >= maxLiveKeys)
      return refused(
        problem('LIMIT_REACHED', [], `the project has ${live} valid keys; the maximum is ${maxLiveKeys}`),
      )
    const { made, secretHash } = newKey(system, { projectId, createdAt: tx.now, ...checked.value })
    const { key } = made
    await tx.insertKey(key, secretHash)
    await writeAuditEntry({ system }, tx, {
      operation: 'keyCreate',
      objectId: key.id,
      before: null,
      after: audited(key),
    })
    return ok(made)
  })
}

/** Needed for keys that belong to no project. `keyId` is the caller's key; null for a command. */
export interface OperatorDeps {
  readonly admin: AdminStore
  readonly system: System
  readonly keyId: string | null
}

export async function createOperatorKey(
  { admin, system, keyId }: OperatorDeps,
  input: KeyInput,
): Promise<Result<MadeKey>> {
  const createdAt = await admin.now()
  const checked = allFine({ ...checkTerms(input, createdAt), partnerId: checkNoPartner(input) })
  if (!checked.ok) return checked
  const of = { role: 'OPERATOR', projectId: null, createdAt } as const
  const { made, secretHash } = newKey(system, { ...of, ...checked.value })
  const change = { operation: 'keyCreate', at: createdAt, before: null, after: audited(made.key) }
  const entry = { id: system.newId('auditEntry'), keyId, objectId: made.key.id, ...change }
  await admin.insertOperatorKey(made.key, secretHash, entry)
  return ok(made)
}

/** Revokes a key that belongs to no project. Returns null when no such key has that id. */
export function revokeOperatorKey({ admin, system, keyId }: OperatorDeps, id: string): Promise<Key | null> {
  return admin.revokeOperatorKey(id, (before, after) => ({
    id: system.newId('auditEntry'),
    at: after.revokedAt ?? after.createdAt,
    keyId,
    operation: 'keyRevoke',
    objectId: id,
    ...differences(audited(before), audited(after)),
  }))
}

/**
 * Revokes a key of the project. A caller with an OPERATOR key may also revoke keys that belong to no project. Revoking
 * a revoked key changes nothing. NOT_FOUND. Returns null when the request has no project and no key of no project has
 * that id.
 */
export async function revokeKey(deps: KeyDeps, id: string): Promise<Result<Key> | null> {
  const { project, admin, system, log } = deps
  const operatorKey =
    admin !== null && isIdOf('key', id) ? await revokeOperatorKey({ ...deps, admin }, id) : null
  const ended =
    operatorKey === null ? project && (await revokeProjectKey({ ...project, system }, id)) : ok(operatorKey)
  if (ended?.ok === true) {
    deps.forgetKey(id)
    log.info({ keyId: id, projectId: ended.value.projectId, by: deps.keyId }, 'key.revoked')
  }
  return ended
}

/** Like `revokeKey`, but only for keys of one project. */
export function revokeProjectKey(
  { store, system }: Pick<KeyProject, 'store'> & Pick<KeyDeps, 'system'>,
  id: string,
): Promise<Result<Key>> {
  return transact<Key>(store, async (tx) => {
    const before = isIdOf('key', id) ? await tx.lockKey(id) : null
    if (before === null) return refused(keyNotFound())
    if (before.revokedAt !== null) return ok(before)
    const key = { ...before, revokedAt: laterOf(tx.now, before.createdAt) }
    await tx.revokeKey(id, key.revokedAt)
    const change = { operation: 'keyRevoke', objectId: id, before: audited(before), after: audited(key) }
    await writeAuditEntry({ system }, tx, change)
    return ok(key)
  })
}

type KeyTerms = Pick<Key, 'projectId' | 'partnerId' | 'role' | 'name' | 'createdAt' | 'expiresAt'>

function newKey(system: System, terms: KeyTerms): { readonly made: MadeKey; readonly secretHash: string } {
  const secret = Buffer.from(system.randomBytes(keySecretBytes)).toString('hex')
  const key: Key = { id: system.newId('key'), ...terms, revokedAt: null, lastUsedAt: null }
  return { made: { key, text: writeKey(key.id, secret) }, secretHash: hashSecret(secret) }
}

function checkTerms({ name, expiresAt }: KeyInput, now: Date) {
  return {
    name: name == null ? null : checkText(name, ['name']),
    expiresAt:
      expiresAt == null || expiresAt > now
        ? (expiresAt ?? null)
        : problem(
            'INVALID',
            ['expiresAt'],
            `expiresAt must be in the future; the time is ${now.toISOString()}`,
          ),
  }
}

async function checkPartner(
  tx: Pick<ProjectTx, 'partnerById'>,
  input: KeyInput,
): Promise<string | null | Problem> {
  const { role, partnerId } = input
  if (role !== 'PARTNER') return checkNoPartner(input)
  if (partnerId == null)
    return problem(
      'REQUIRED',
      ['partnerId'],
      'partnerId is missing: a key of role PARTNER belongs to a partner',
    )
  const partner = isIdOf('partner', partnerId) ? await tx.partnerById(partnerId) : null
  return partner?.id ?? problem('NOT_FOUND', ['partnerId'], 'there is no such partner in this project')
}

function checkNoPartner({ role, partnerId }: KeyInput): null | Problem {
  if (partnerId == null) return null
  return problem('INVALID', ['partnerId'], `a key of role ${role} belongs to no partner: leave partnerId out`)
}

function operatorOnly(): Problem {
  return problem(
    'INVALID',
    ['role'],
    'a key of role OPERATOR gives access to every project of the installation: only an OPERATOR can create one',
  )
}

function keyNotFound(): Problem {
  return problem('NOT_FOUND', ['id'], 'there is no such key in this project')
}

/** The fields of a key that the audit log stores. They do not include the secret or its hash. */
function audited({ role, partnerId, name, expiresAt, revokedAt }: Key): AuditedState {
  const instants = { expiresAt: textOf(expiresAt), revokedAt: textOf(revokedAt) }
  return { role, partnerId, name, ...instants }
}

function textOf(instant: Date | null): string | null {
  return instant?.toISOString() ?? null
}
