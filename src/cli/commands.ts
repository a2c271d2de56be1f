/** The commands, one after another. Reading arguments and printing answers is `main.ts`. */
import { keyRoles, type KeyRole } from '../domain/key.ts'
import { auditBooks, createKey, createProject } from '../flow/admin.ts'
import { refusal, WrongUsage, type Command } from './command.ts'

const migrate: Command = {
  name: 'migrate',
  summary: 'Brings the database up to date. Starting the server does it too.',
  options: {},
  // Opening the storage, which every command does first, is what migrates.
  run: () => Promise.resolve({ json: { migrated: true }, text: 'The database is up to date.' }),
}

const projectCreate: Command = {
  name: 'project create',
  summary: 'Adds a project: a platform account, which everything else belongs to.',
  options: { name: { value: 'NAME', meaning: 'for people, 1 to 200 characters', required: true } },
  run: async (world, options, now) => {
    const created = await createProject(world, options['name'] ?? '', now)
    if (!created.ok) throw refusal(created.problems)
    const { id, name } = created.value
    return { json: { id, name }, text: `Project ${name} is ${id}.` }
  },
}

const keyCreate: Command = {
  name: 'key create',
  summary: 'Makes an API key and shows it, this once.',
  options: {
    project: { value: 'prj_...', meaning: 'whose key it is', required: true },
    role: { value: 'ROLE', meaning: keyRoles.join(', '), required: true },
    name: { value: 'NAME', meaning: 'for people, 1 to 200 characters', required: false },
  },
  run: async (world, options, now) => {
    const role = keyRoles.find((known): known is KeyRole => known === options['role'])
    if (role === undefined) throw new WrongUsage(`--role must be one of ${keyRoles.join(', ')}`)
    const wish = { projectId: options['project'] ?? '', role, name: options['name'] ?? null }
    const created = await createKey(world, wish, now)
    if (!created.ok) throw refusal(created.problems)
    const { key, text } = created.value
    return {
      json: { id: key.id, key: text, role: key.role },
      text: `Key ${key.id}, role ${key.role}. Keep it, it is not shown again:\n${text}`,
    }
  },
}

const audit: Command = {
  name: 'audit',
  summary: 'Counts the books of a project and says whether they balance.',
  options: { project: { value: 'prj_...', meaning: 'whose books', required: true } },
  run: async (world, options) => {
    const books = await auditBooks(world.store, options['project'] ?? '')
    if (!books.ok) throw refusal(books.problems)
    const { balanced, events, deliveries, ...states } = books.value
    const parts = Object.entries(states).map(([state, number]) => `${number} ${state}`)
    const verdict = balanced ? 'The books balance.' : 'The books do NOT balance.'
    return {
      json: books.value,
      text: `${events} events, ${deliveries} deliveries: ${parts.join(', ')}. ${verdict}`,
    }
  },
}

export const commands: readonly Command[] = [migrate, projectCreate, keyCreate, audit]
