/**
 * The commands that create and list partners, and that create, list and revoke API keys. Does not decide what is
 * allowed.
 */
import { isLive, keyRoles, type Key, type KeyRole } from '../domain/access/key.ts'
import {
  createKey,
  noProject,
  projectStore,
  revokeAnyKey,
  type AdminWorld,
} from '../services/installation/installation.ts'
import { createPartner } from '../services/access/change-partner.ts'
import type { ProjectStore } from '../ports/tenant-store.ts'
import { dateTime } from '../graphql/core/scalars.ts'
import { all, linesOf, refusal, WrongUsage, type Command } from './command.ts'

const project = { value: 'prj_...', meaning: 'which project', required: true }

const keyCreate: Command = {
  name: 'key create',
  summary: 'Makes an API key and shows it, this once.',
  options: {
    project: {
      ...project,
      meaning: 'whose key it is; needed but for OPERATOR, which is of none',
      required: false,
    },
    role: { value: 'ROLE', meaning: keyRoles.join(', '), required: true },
    partner: { value: 'ptn_...', meaning: 'whose key it is, for PARTNER', required: false },
    name: { value: 'NAME', meaning: 'for people, 1 to 200 characters', required: false },
    expires: {
      value: 'INSTANT',
      meaning: 'from when on it opens nothing, such as 2027-01-01T00:00:00Z',
      required: false,
    },
  },
  run: async (world, options) => {
    const { project: projectId = null, partner: partnerId = null, name = null } = options
    const role = keyRoles.find((known): known is KeyRole => known === options['role'])
    if (role === undefined) throw new WrongUsage(`--role must be one of ${keyRoles.join(', ')}`)
    if (role === 'OPERATOR' && projectId !== null)
      throw new WrongUsage('a key of role OPERATOR is of no project: leave --project out')
    if (role !== 'OPERATOR' && projectId === null) throw new WrongUsage(`--role ${role} needs --project`)
    if (role === 'PARTNER' && partnerId === null) throw new WrongUsage('--role PARTNER needs --partner')
    if (role !== 'PARTNER' && partnerId !== null)
      throw new WrongUsage(`a key of role ${role} is no partner's: leave --partner out`)
    const wish = { projectId, role, name, partnerId, expiresAt: instantOf(options['expires']) }
    const created = await createKey(world, wish)
    if (!created.ok) throw refusal(created.problems)
    const { key, text } = created.value
    return {
      json: { id: key.id, key: text, role: key.role },
      text: `Key ${key.id}, role ${key.role}. Keep it, it is not shown again:\n${text}`,
    }
  },
}

const keyList: Command = {
  name: 'key list',
  summary: 'Lists the keys of a project, newest first; without a project those of role OPERATOR.',
  options: { project: { ...project, required: false } },
  run: async (world, { project: projectId }, now) => {
    const store = projectId === undefined ? null : await knownProject(world, projectId)
    const keys = await all((page) => (store ? store.listKeys(page) : world.store.listOperatorKeys(page)))
    return {
      json: { keys: keys.map(shown) },
      text: linesOf(
        keys.map((key) => lineOf(key, now)),
        'There is no key.',
      ),
    }
  },
}

const keyRevoke: Command = {
  name: 'key revoke',
  summary: 'Ends a key: within 5 seconds it opens nothing any more, and its sockets are closed.',
  options: { key: { value: 'key_...', meaning: 'its id, not the key itself', required: true } },
  run: async (world, options) => {
    const revoked = await revokeAnyKey(world, options['key'] ?? '')
    if (!revoked.ok) throw refusal(revoked.problems)
    const { id, role, revokedAt } = revoked.value
    return {
      json: { id, role, revokedAt },
      text: `Key ${id}, role ${role}, is revoked since ${revokedAt?.toISOString() ?? 'now'}.`,
    }
  },
}

const partnerCreate: Command = {
  name: 'partner create',
  summary: 'Adds a partner to a project, whose keys and webhooks are then made.',
  options: { project, name: { value: 'NAME', meaning: 'for people, 1 to 200 characters', required: true } },
  run: async (world, options) => {
    const store = await knownProject(world, options['project'] ?? '')
    const created = await createPartner({ store, system: world.system }, { name: options['name'] ?? '' })
    if (!created.ok) throw refusal(created.problems)
    const { id, name } = created.value
    return { json: { id, name }, text: `Partner ${name} is ${id}.` }
  },
}

const partnerList: Command = {
  name: 'partner list',
  summary: 'Lists the partners of a project, newest first.',
  options: { project },
  run: async (world, options) => {
    const store = await knownProject(world, options['project'] ?? '')
    const partners = await all((page) => store.listPartners(page))
    return {
      json: { partners },
      text: linesOf(
        partners.map(({ id, name }) => `${id}  ${name}`),
        'There is no partner.',
      ),
    }
  },
}

/** The commands for keys and partners. */
export const keyCommands: readonly Command[] = [keyCreate, keyList, keyRevoke, partnerCreate, partnerList]

async function knownProject({ store }: AdminWorld, projectId: string): Promise<ProjectStore> {
  const found = await projectStore(store, projectId)
  if (found === null) throw refusal([noProject()])
  return found
}

function instantOf(text: string | undefined): Date | null {
  if (text === undefined) return null
  try {
    return dateTime.parseValue(text)
  } catch {
    throw new WrongUsage('--expires is an instant with its zone, such as 2027-01-01T00:00:00Z')
  }
}

/** The JSON output of a key, with the field names of the API. */
function shown({ id, role, partnerId, name, createdAt, expiresAt, revokedAt, lastUsedAt }: Key) {
  return { id, role, partnerId, name, createdAt, expiresAt, revokedAt, lastUsedAt }
}

function lineOf(key: Key, now: Date): string {
  const state = key.revokedAt !== null ? 'revoked' : isLive(key, now) ? 'live' : 'expired'
  return [key.id, key.role, state, key.partnerId ?? '-', key.name ?? '-'].join('  ')
}
