/**
 * The commands that create and list partners, and that create, list and revoke API keys. Does not decide what is
 * allowed.
 */
import { isLive, keyRoles, type Key, type KeyRole } from '../domain/access/key.ts'
import { createKey, noProject, projectStore, revokeAnyKey } from '../services/installation/installation.ts'
import { type AdminDeps } from '../services/access/change-project.ts'
import { createPartner } from '../services/access/change-partner.ts'
import type { ProjectStore } from '../db/tenant/tenant-store.ts'
import { readInstant } from '../domain/shared/instant.ts'
import { all, linesOf, refusal, WrongUsage, type Command } from './command.ts'

const project = { value: 'prj_...', meaning: 'the project', required: true }

const keyCreate: Command = {
  name: 'key create',
  summary: 'Creates an API key and prints it. The key is shown only this once.',
  see: '[Keys](keys-and-roles.md#keys)',
  options: {
    project: { ...project, meaning: 'the project of the key; not for OPERATOR', required: false },
    role: { value: 'ROLE', meaning: `one of ${keyRoles.join(', ')}`, required: true },
    partner: { value: 'ptn_...', meaning: 'the partner of the key; only for PARTNER', required: false },
    name: { value: 'NAME', meaning: 'its name, 1 to 200 characters', required: false },
    expires: {
      value: 'INSTANT',
      meaning: 'when the key expires, such as 2027-01-01T00:00:00Z',
      required: false,
    },
  },
  run: async (deps, options) => {
    const { project: projectId = null, partner: partnerId = null, name = null } = options
    const role = keyRoles.find((known): known is KeyRole => known === options['role'])
    if (role === undefined) throw new WrongUsage(`--role must be one of ${keyRoles.join(', ')}`)
    if (role === 'OPERATOR' && projectId !== null)
      throw new WrongUsage('--role OPERATOR takes no --project: the key gives access to all projects')
    if (role !== 'OPERATOR' && projectId === null) throw new WrongUsage(`--role ${role} requires --project`)
    if (role === 'PARTNER' && partnerId === null) throw new WrongUsage('--role PARTNER requires --partner')
    if (role !== 'PARTNER' && partnerId !== null) throw new WrongUsage(`--role ${role} takes no --partner`)
    const input = { projectId, role, name, partnerId, expiresAt: instantOf(options['expires']) }
    const created = await createKey(deps, input)
    if (!created.ok) throw refusal(created.problems)
    const { key, text } = created.value
    return {
      json: { id: key.id, key: text, role: key.role },
      text: `Created key ${key.id}, role ${key.role}. Store it now, it is not shown again:\n${text}`,
    }
  },
}

const keyList: Command = {
  name: 'key list',
  summary: 'Lists the keys of a project, newest first. Without `--project`, lists the OPERATOR keys.',
  options: { project: { ...project, required: false } },
  run: async (deps, { project: projectId }, now) => {
    const store = projectId === undefined ? null : await knownProject(deps, projectId)
    const keys = await all((page) => (store ? store.listKeys(page) : deps.store.listOperatorKeys(page)))
    return {
      json: { keys: keys.map(shown) },
      text: linesOf(
        keys.map((key) => lineOf(key, now)),
        'There are no keys.',
      ),
    }
  },
}

const keyRevoke: Command = {
  name: 'key revoke',
  summary: 'Revokes a key. All processes refuse it within 5 seconds and close its sockets.',
  options: { key: { value: 'key_...', meaning: 'the id of the key, not the key itself', required: true } },
  run: async (deps, options) => {
    const revoked = await revokeAnyKey(deps, options['key'] ?? '')
    if (!revoked.ok) throw refusal(revoked.problems)
    const { id, role, revokedAt } = revoked.value
    return {
      json: { id, role, revokedAt },
      text: `Key ${id}, role ${role}, was revoked at ${revokedAt?.toISOString() ?? 'this moment'}.`,
    }
  },
}

const partnerCreate: Command = {
  name: 'partner create',
  summary: 'Creates a partner: an integrator who manages its own webhooks.',
  options: { project, name: { value: 'NAME', meaning: 'its name, 1 to 200 characters', required: true } },
  run: async (deps, options) => {
    const store = await knownProject(deps, options['project'] ?? '')
    const created = await createPartner({ store, system: deps.system }, { name: options['name'] ?? '' })
    if (!created.ok) throw refusal(created.problems)
    const { id, name } = created.value
    return { json: { id, name }, text: `Created partner ${name}: ${id}.` }
  },
}

const partnerList: Command = {
  name: 'partner list',
  summary: 'Lists the partners of a project, newest first.',
  options: { project },
  run: async (deps, options) => {
    const store = await knownProject(deps, options['project'] ?? '')
    const partners = await all((page) => store.listPartners(page))
    return {
      json: { partners },
      text: linesOf(
        partners.map(({ id, name }) => `${id}  ${name}`),
        'There are no partners.',
      ),
    }
  },
}

/** The commands for keys and partners. */
export const keyCommands: readonly Command[] = [keyCreate, keyList, keyRevoke, partnerCreate, partnerList]

async function knownProject({ store }: AdminDeps, projectId: string): Promise<ProjectStore> {
  const found = await projectStore(store, projectId)
  if (found === null) throw refusal([noProject()])
  return found
}

function instantOf(text: string | undefined): Date | null {
  if (text === undefined) return null
  const read = readInstant(text)
  if (typeof read === 'string')
    throw new WrongUsage('--expires must be an instant with a time zone, such as 2027-01-01T00:00:00Z')
  return read
}

/** The JSON output of a key, with the field names of the API. */
function shown({ id, role, partnerId, name, createdAt, expiresAt, revokedAt, lastUsedAt }: Key) {
  return { id, role, partnerId, name, createdAt, expiresAt, revokedAt, lastUsedAt }
}

function lineOf(key: Key, now: Date): string {
  const state = key.revokedAt !== null ? 'revoked' : isLive(key, now) ? 'live' : 'expired'
  return [key.id, key.role, state, key.partnerId ?? '-', key.name ?? '-'].join('  ')
}
