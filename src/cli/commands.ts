/** All commands of the command line, in the order of the help text. Does not parse arguments or print. */
import { verifyDeliveries } from '../services/installation/installation.ts'
import { createProject } from '../services/access/change-project.ts'
import { reencryptDataKeys } from '../services/installation/rotate-master-key.ts'
import { all, linesOf, refusal, type Command } from './command.ts'
import { keyCommands } from './key-commands.ts'

const migrate: Command = {
  name: 'migrate',
  summary: 'Migrates the database to the current schema. Starting the server does the same.',
  options: {},
  migratesQueue: true,
  // Every command first opens the storage, which migrates the database.
  run: () => Promise.resolve({ json: { migrated: true }, text: 'The database is up to date.' }),
}

const projectCreate: Command = {
  name: 'project create',
  summary: 'Creates a project: the account of one platform, to which all other objects belong.',
  options: { name: { value: 'NAME', meaning: 'its name, 1 to 200 characters', required: true } },
  encrypts: true,
  run: async (deps, options) => {
    const created = await createProject(deps, { name: options['name'] ?? '' })
    if (!created.ok) throw refusal(created.problems)
    const { id, name } = created.value
    return { json: { id, name }, text: `Created project ${name}: ${id}.` }
  },
}

const projectList: Command = {
  name: 'project list',
  summary: 'Lists the projects of the installation, newest first.',
  options: {},
  run: async ({ store }) => {
    const projects = await all((page) => store.listProjects(page))
    const lines = projects.map(({ id, name }) => `${id}  ${name}`)
    return {
      json: { projects: projects.map(({ id, name, createdAt }) => ({ id, name, createdAt })) },
      text: linesOf(lines, 'There are no projects.'),
    }
  },
}

const verifyDeliveriesCommand: Command = {
  name: 'verify-deliveries',
  summary:
    'Counts the events and deliveries of a project and checks that every event has exactly the deliveries it should.',
  options: { project: { value: 'prj_...', meaning: 'the project to verify', required: true } },
  hasLongStatements: true,
  run: async (deps, options) => {
    const counts = await verifyDeliveries(deps.store, options['project'] ?? '')
    if (!counts.ok) throw refusal(counts.problems)
    const { consistent, events, deliveries, ...states } = counts.value
    const parts = Object.entries(states).map(([state, number]) => `${number} ${state}`)
    const verdict = consistent ? 'The deliveries are consistent.' : 'The deliveries are NOT consistent.'
    return {
      json: counts.value,
      text: `${events} events, ${deliveries} deliveries: ${parts.join(', ')}. ${verdict}`,
    }
  },
}

const rotateMasterKey: Command = {
  name: 'rotate-master-key',
  summary:
    "Re-encrypts every project's data key with the first key in `SECRETS_KEYS`, so that older keys can be removed.",
  see: '[Secret keys](operations.md#secret-keys)',
  options: {
    force: {
      value: 'FINGERPRINT',
      meaning: 'the fingerprint of the first key; continues although a running server may not have that key',
      required: false,
    },
  },
  run: async (deps, options) => {
    const result = await reencryptDataKeys(deps, options['force'] ?? null)
    if (!result.ok) throw refusal(result.problems)
    const { reencrypted, key, encryptedBy, left } = result.value
    const counts = encryptedBy.map(({ keyId, dataKeys }) => `${dataKeys} with ${keyId}`).join(', ')
    const verdict =
      left === 0
        ? 'No other key is needed any more.'
        : `${left} are still encrypted with other keys: keep those keys, and run the command again.`
    return {
      json: { reencrypted, key, encryptedBy, left },
      text: `Re-encrypted ${reencrypted} data keys with ${key.id} (fingerprint ${key.fingerprint}). Data keys by key: ${counts === '' ? 'none' : counts}. ${verdict}`,
    }
  },
}

/** All commands. */
export const commands: readonly Command[] = [
  migrate,
  projectCreate,
  projectList,
  ...keyCommands,
  verifyDeliveriesCommand,
  rotateMasterKey,
]
