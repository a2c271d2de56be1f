/** All commands of the command line, in the order of the help text. Does not parse arguments or print. */
import { verifyDeliveries, createProject } from '../services/installation/installation.ts'
import { rewrapDataKeys } from '../services/installation/rewrap-keys.ts'
import { all, linesOf, refusal, type Command } from './command.ts'
import { keyCommands } from './key-commands.ts'

const migrate: Command = {
  name: 'migrate',
  summary: 'Brings the database up to date. Starting the server does it too.',
  options: {},
  // Every command first opens the storage, which runs the migrations.
  run: () => Promise.resolve({ json: { migrated: true }, text: 'The database is up to date.' }),
}

const projectCreate: Command = {
  name: 'project create',
  summary: 'Adds a project: a platform account, which everything else belongs to.',
  options: { name: { value: 'NAME', meaning: 'for people, 1 to 200 characters', required: true } },
  seals: true,
  run: async (world, options, now) => {
    const created = await createProject(world, options['name'] ?? '', now)
    if (!created.ok) throw refusal(created.problems)
    const { id, name } = created.value
    return { json: { id, name }, text: `Project ${name} is ${id}.` }
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
      text: linesOf(lines, 'There is no project.'),
    }
  },
}

const verifyDeliveriesCommand: Command = {
  name: 'verify-deliveries',
  summary: 'Counts the events and deliveries of a project and says whether they are consistent.',
  options: { project: { value: 'prj_...', meaning: 'the project to verify', required: true } },
  hasLongStatements: true,
  run: async (world, options) => {
    const counts = await verifyDeliveries(world.store, options['project'] ?? '')
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

const rewrap: Command = {
  name: 'rewrap',
  summary: 'Seals all data keys by the first key of SECRETS_KEYS, so that older keys can be removed.',
  options: {
    force: {
      value: 'FINGERPRINT',
      meaning: 'of that key, to rewrap though a running server may not have it',
      required: false,
    },
  },
  run: async (world, options) => {
    const result = await rewrapDataKeys(world, options['force'] ?? null)
    if (!result.ok) throw refusal(result.problems)
    const done = result.value
    const encryptedBy = done.encryptedBy.map(({ keyId, dataKeys }) => `${dataKeys} by ${keyId}`).join(', ')
    const verdict =
      done.left === 0
        ? 'No other key is needed any more.'
        : `${done.left} are left on other keys: keep those, and run it again.`
    return {
      json: done,
      text: `${done.rewrapped} data keys rewrapped by ${done.key.id} (fingerprint ${done.key.fingerprint}). Sealed now: ${encryptedBy === '' ? 'none' : encryptedBy}. ${verdict}`,
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
  rewrap,
]
