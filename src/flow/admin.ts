/** What the installation's operator does from the command line, and what every request begins with: whose key is this? */
import {
  hashSecret,
  isLive,
  readKey,
  secretMatches,
  writeKey,
  type Key,
  type KeyRole,
} from '../domain/key.ts'
import { isIdOf } from '../domain/ids.ts'
import { ok, problem, refused, type Result } from '../domain/problem.ts'
import { allFine, checkOptionalText, checkText } from '../domain/text.ts'
import type { AdminStore, Books, Chance, Secrets } from './ports.ts'
import type { Project } from './project-ports.ts'

/** 256 bits: too many to guess, so that a fast hash is right. */
const keySecretBytes = 32

export interface AdminWorld {
  readonly store: AdminStore
  readonly chance: Chance
  readonly secrets: Secrets
}

export async function createProject(world: AdminWorld, name: string, now: Date): Promise<Result<Project>> {
  const checked = allFine({ name: checkText(name, ['name']) })
  if (!checked.ok) return checked
  const project: Project = { id: world.chance.newId('project'), name: checked.value.name, createdAt: now }
  await world.store.insertProject(project, world.secrets.newDataKey(project.id))
  return ok(project)
}

/** The key, and its text: it is shown now and never again. */
export async function createKey(
  world: AdminWorld,
  wish: { readonly projectId: string; readonly role: KeyRole; readonly name: string | null },
  now: Date,
): Promise<Result<{ readonly key: Key; readonly text: string }>> {
  const checked = allFine({ name: checkOptionalText(wish.name, ['name']) })
  if (!checked.ok) return checked
  const exists = isIdOf('project', wish.projectId) && (await world.store.projectExists(wish.projectId))
  if (!exists) return refused(problem('NOT_FOUND', ['project'], 'there is no such project'))
  const secret = Buffer.from(world.chance.randomBytes(keySecretBytes)).toString('hex')
  const key: Key = {
    id: world.chance.newId('key'),
    projectId: wish.projectId,
    partnerId: null,
    role: wish.role,
    name: checked.value.name,
    createdAt: now,
    expiresAt: null,
    revokedAt: null,
    lastUsedAt: null,
  }
  await world.store.insertKey(key, hashSecret(secret))
  return ok({ key, text: writeKey(key.id, secret) })
}

/** The key that a request's text names; null when it is none of ours, for whatever reason. */
export async function authenticate(store: AdminStore, text: string, now: Date): Promise<Key | null> {
  const read = readKey(text)
  if (read === null) return null
  const found = await store.keyById(read.id)
  // Compared even when there is none, so that an unknown id takes as long as a wrong secret.
  const right = secretMatches(read.secret, found?.secretHash ?? hashSecret(''))
  return found !== null && right && isLive(found.key, now) ? found.key : null
}

export async function auditBooks(store: AdminStore, projectId: string): Promise<Result<Books>> {
  const exists = isIdOf('project', projectId) && (await store.projectExists(projectId))
  if (!exists) return refused(problem('NOT_FOUND', ['project'], 'there is no such project'))
  return ok(await store.books(projectId))
}
