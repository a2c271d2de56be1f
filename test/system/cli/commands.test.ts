/** The commands of the command line, with a running server and without one. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commands } from '../../../src/cli/commands.ts'
import { settings } from '../../../src/settings/settings.ts'
import { migratedDatabase, type FreshDatabase } from '../../support/postgres.ts'
import {
  commandByNode,
  commandByNpm,
  endAll,
  freshFolder,
  run,
  serverByNode,
  startServer,
  type Environment,
  type Exit,
  type Server,
} from '../support/process.ts'
import { runCommandLine } from './command-line.ts'

const timeout = 120_000
let folder: Awaited<ReturnType<typeof freshFolder>>
let database: FreshDatabase
/** The embedded database in a data folder. */
let embedded: Environment
/** A database that runs already. */
let hosted: Environment

beforeAll(async () => {
  ;[folder, database] = await Promise.all([freshFolder(), migratedDatabase()])
  const keys = { SECRETS_KEYS: `test:${Buffer.alloc(32, 7).toString('base64')}` }
  embedded = { DATA_DIR: folder.path, ...keys }
  hosted = { DATABASE_URL: database.url, ...keys }
})
afterAll(async () => {
  await endAll()
  await Promise.all([folder.remove(), database.drop()])
})

type RunEntry = (environment: Environment, ...args: readonly string[]) => Promise<Omit<Exit, 'signal'>>

const runProcess: RunEntry = (environment, ...args) => run([...commandByNode, ...args], environment).ended

/** Runs a command and returns its JSON. Checks that it succeeds with one line on standard output and nothing else. */
async function json(runEntry: RunEntry, environment: Environment, ...args: readonly string[]) {
  const { code, stdout, stderr } = await runEntry(environment, ...args, '--json')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toMatch(/^\{.*\}\n$/)
  return JSON.parse(stdout) as Record<string, unknown>
}

/** Runs the commands that a new installation needs; those that create something, each in a process. */
async function useEveryCommand(name: string, runOther: RunEntry): Promise<string> {
  const printed = (...args: readonly string[]) => json(runProcess, embedded, ...args)
  expect(await json(runOther, embedded, 'migrate')).toEqual({ migrated: true })
  const project = await printed('project', 'create', '--name', name)
  expect(project).toEqual({ id: expect.stringMatching(/^prj_[0-9a-z]{26}$/) as unknown, name })
  const id = String(project['id'])
  const key = await printed('key', 'create', '--project', id, '--role', 'PLATFORM')
  expect(key).toEqual({
    id: expect.stringMatching(/^key_/) as unknown,
    key: expect.stringMatching(/^\S{40,}$/) as unknown,
    role: 'PLATFORM',
  })
  expect(await json(runOther, embedded, 'verify-deliveries', '--project', id)).toEqual({
    events: 0,
    deliveries: 0,
    delivered: 0,
    pending: 0,
    exhausted: 0,
    cancelled: 0,
    skipped: 0,
    expired: 0,
    consistent: true,
  })
  return String(key['key'])
}

describe('commands without a running server', () => {
  it(
    'every command prints one JSON line and nothing on standard error without a running server',
    { timeout },
    async () => {
      await useEveryCommand('Acme', runProcess)
    },
  )

  it('project create with another SECRETS_KEYS than the stored project is refused', { timeout }, async () => {
    await json(runCommandLine, hosted, 'project', 'create', '--name', 'Kept')
    const other = { ...hosted, SECRETS_KEYS: `new:${Buffer.alloc(32, 8).toString('base64')}` }
    const made = await runCommandLine(other, 'project', 'create', '--name', 'Lost')
    expect(made).toMatchObject({ code: 1, stdout: '' })
    expect(made.stderr).toMatch(/^SECRETS_KEYS has no key test, .*\n$/)
  })

  it('commands without --json print their result as text', { timeout }, async () => {
    const made = await runProcess(hosted, 'project', 'create', '--name', 'Kiosk & Söhne')
    const id = /prj_\w+/.exec(made.stdout)?.[0] ?? ''
    const [key, verified] = [
      await runCommandLine(hosted, 'key', 'create', '--project', id, '--role', 'PLATFORM'),
      await runCommandLine(hosted, 'verify-deliveries', '--project', id),
    ]

    expect(made).toMatchObject({ code: 0, stderr: '', stdout: `Created project Kiosk & Söhne: ${id}.\n` })
    expect(key.stdout).toMatch(
      /^Created key key_\w+, role PLATFORM\. Store it now, it is not shown again:\n\S{40,}\n$/,
    )
    expect(verified.stdout).toMatch(/^0 events, 0 deliveries: .*\. The deliveries are consistent\.\n$/)
  })

  it.each([
    {
      what: 'verify-deliveries for an unknown project',
      args: ['verify-deliveries', '--project', 'prj_01m7ypmm7cex680y0n9czjnydq'],
    },
    {
      what: 'verify-deliveries for an id of another kind',
      args: ['verify-deliveries', '--project', 'ord_01m7ypmm7cex680y0n9czjnydq'],
    },
    {
      what: 'key create for an unknown project',
      args: ['key', 'create', '--project', 'prj_none', '--role', 'PLATFORM'],
    },
    { what: 'project create with an empty name', args: ['project', 'create', '--name', ''] },
    {
      what: 'project create with a name of 201 characters',
      args: ['project', 'create', '--name', 'x'.repeat(201)],
    },
  ])('$what prints one line on standard error and exits with 1', { timeout }, async ({ args }) => {
    expectRefusal(await runCommandLine(hosted, ...args))
  })
})

it(
  'a process of a refused command prints one line on standard error and exits with 1',
  { timeout },
  async () => {
    expectRefusal(await runProcess(hosted, 'verify-deliveries', '--project', 'prj_none'))
  },
)

function expectRefusal({ code, stdout, stderr }: Omit<Exit, 'signal'>): void {
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toMatch(/^[^\n]{10,200}\n$/)
  expect(stderr).not.toMatch(/ {4}at |fault of Orderbell/)
}

describe('key and partner commands', () => {
  const idOf = (made: Record<string, unknown>) => String(made['id'])
  const printed = (...args: readonly string[]) => json(runCommandLine, hosted, ...args)

  it('keys of every role and partners are created, listed and revoked', { timeout }, async () => {
    const projectId = idOf(await printed('project', 'create', '--name', 'Roles'))
    const project = ['--project', projectId]
    const partner = await printed('partner', 'create', ...project, '--name', 'Courier Ltd')
    expect(partner).toEqual({ id: expect.stringMatching(/^ptn_/) as unknown, name: 'Courier Ltd' })
    const partnerId = idOf(partner)
    const expires = '2099-01-01T00:00:00Z'
    const ofPartner = await printed(
      ...['key', 'create', ...project, '--role', 'PARTNER', '--partner', partnerId],
      ...['--name', 'Courier', '--expires', expires],
    )
    const made = { id: expect.any(String) as unknown, key: expect.stringMatching(/^obk_/) as unknown }
    expect(ofPartner).toEqual({ ...made, role: 'PARTNER' })
    const reader = await printed('key', 'create', ...project, '--role', 'READER')
    expect(reader).toEqual({ ...made, role: 'READER' })
    const operator = await printed('key', 'create', '--role', 'OPERATOR')
    expect(operator).toEqual({ ...made, role: 'OPERATOR' })

    const id = idOf(reader)
    const revoked = await printed('key', 'revoke', '--key', id)
    expect(revoked).toEqual({ id, role: 'READER', revokedAt: expect.any(String) as unknown })
    expect(await printed('key', 'revoke', '--key', id)).toEqual(revoked)
    expect(await printed('key', 'revoke', '--key', idOf(operator))).toMatchObject({ role: 'OPERATOR' })

    expect(await printed('key', 'list', ...project)).toMatchObject({
      keys: [
        { id, role: 'READER', revokedAt: revoked['revokedAt'] },
        { id: idOf(ofPartner), partnerId, name: 'Courier', expiresAt: '2099-01-01T00:00:00.000Z' },
      ],
    })
    expect(await printed('key', 'list')).toMatchObject({ keys: [{ id: idOf(operator), role: 'OPERATOR' }] })
    expect(await printed('partner', 'list', ...project)).toMatchObject({ partners: [partner] })
    const { projects } = (await printed('project', 'list')) as { projects: readonly object[] }
    expect(projects[0]).toMatchObject({ id: projectId, name: 'Roles' })
    const listed = await runCommandLine(hosted, 'key', 'list', ...project)
    expect(listed.stdout).toMatch(
      /^key_\w+ {2}READER {2}revoked {2}- {2}-\nkey_\w+ {2}PARTNER {2}live {2}ptn_/,
    )
    expect(JSON.stringify(listed)).not.toContain(String(ofPartner['key']).slice(31))
  })

  it.each([
    {
      what: 'key revoke for an unknown key',
      args: ['key', 'revoke', '--key', 'key_01m7ypmm7cex680y0n9czjnydq'],
    },
    { what: 'key revoke with the key in place of its id', args: ['key', 'revoke', '--key', 'obk_none'] },
    {
      what: 'partner create for an unknown project',
      args: ['partner', 'create', '--project', 'prj_none', '--name', 'x'],
    },
    { what: 'key list for an unknown project', args: ['key', 'list', '--project', 'prj_none'] },
    { what: 'partner list for an unknown project', args: ['partner', 'list', '--project', 'prj_none'] },
    {
      what: 'key create with an expiry in the past',
      args: ['key', 'create', '--role', 'OPERATOR', '--expires', '2020-01-01T00:00:00Z'],
    },
    { what: 'key create with an empty name', args: ['key', 'create', '--role', 'OPERATOR', '--name', ' '] },
  ])('$what prints one line on standard error and exits with 1', { timeout }, async ({ args }) => {
    expectRefusal(await runCommandLine(hosted, ...args))
  })
})

describe('wrong usage', () => {
  it.each([
    { args: [], says: 'a command is required' },
    { args: ['dance'], says: 'unknown command' },
    { args: ['project'], says: 'unknown command' },
    { args: ['project', 'create'], says: '--name' },
    { args: ['verify-deliveries'], says: '--project' },
    { args: ['key', 'create', '--project', 'prj_1'], says: '--role' },
    { args: ['key', 'create', '--project', 'prj_1', '--role', 'KING'], says: 'PLATFORM' },
    { args: ['key', 'create', '--role', 'PLATFORM'], says: '--project' },
    { args: ['key', 'create', '--project', 'prj_1', '--role', 'OPERATOR'], says: 'takes no --project' },
    { args: ['key', 'create', '--project', 'prj_1', '--role', 'PARTNER'], says: '--partner' },
    {
      args: ['key', 'create', '--project', 'prj_1', '--role', 'READER', '--partner', 'ptn_1'],
      says: 'takes no --partner',
    },
    { args: ['key', 'create', '--role', 'OPERATOR', '--expires', 'tomorrow'], says: '--expires' },
    { args: ['key', 'revoke'], says: '--key' },
    { args: ['partner', 'create', '--name', 'x'], says: '--project' },
    { args: ['partner', 'list'], says: '--project' },
    { args: ['migrate', '--force'], says: '--force' },
    { args: ['verify-deliveries', '--project'], says: '--project' },
    { args: ['verify-deliveries', 'prj_1'], says: 'prj_1' },
  ])('orderbell $args exits with 2 and points to --help', { timeout }, async ({ args, says }) => {
    expectUsageError(await runCommandLine(hosted, ...args), says)
  })

  it('a process with an unknown command exits with 2 and points to --help', { timeout }, async () => {
    expectUsageError(await runProcess({}, 'dance'), 'unknown command')
  })

  function expectUsageError({ code, stdout, stderr }: Omit<Exit, 'signal'>, says: string): void {
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(says)
    expect(stderr).toContain('--help')
    expect(stderr).not.toMatch(/ {4}at /)
  }
})

describe('--help', () => {
  it.each([
    { args: [], names: ['migrate', 'project create', 'key create', 'verify-deliveries', '--json'] },
    { args: ['migrate'], names: ['orderbell -- migrate', '--json'] },
    { args: ['project', 'create'], names: ['orderbell -- project create --name NAME', '--json'] },
    {
      args: ['key', 'create'],
      names: [
        ...['[--project prj_...]', '--role ROLE', 'OPERATOR, PLATFORM, PARTNER, READER', '[--name NAME]'],
        ...['[--partner ptn_...]', '[--expires INSTANT]'],
      ],
    },
    { args: ['key'], names: ['  key create  ', '  key list    ', '  key revoke  ', '--json'] },
    { args: ['key', 'list'], names: ['orderbell -- key list [--project prj_...]', '--json'] },
    { args: ['key', 'revoke'], names: ['orderbell -- key revoke --key key_...', '5 seconds'] },
    { args: ['partner', 'create'], names: ['--project prj_...', '--name NAME'] },
    { args: ['partner', 'list'], names: ['orderbell -- partner list --project prj_...'] },
    { args: ['project', 'list'], names: ['orderbell -- project list', '--json'] },
    { args: ['rotate-master-key'], names: ['orderbell -- rotate-master-key [--force FINGERPRINT]'] },
    { args: ['verify-deliveries'], names: ['orderbell -- verify-deliveries --project prj_...', '--json'] },
  ])('orderbell $args --help prints the usage and exits with 0', { timeout }, async ({ args, names }) => {
    const { code, stdout, stderr } = await runCommandLine({}, ...args, '--help')

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    for (const name of names) expect(stdout).toContain(name)
  })

  it('a process with --help prints the usage and exits with 0', { timeout }, async () => {
    const { code, stdout, stderr } = await runProcess({}, '--help')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('project create')
  })

  it('--help of the server prints the settings; any other argument exits with 2', { timeout }, async () => {
    const [help, argument] = await Promise.all([
      run([...serverByNode, '--help']).ended,
      run([...serverByNode, 'loudly']).ended,
    ])

    expect(help).toMatchObject({ code: 0, stderr: '' })
    for (const setting of Object.keys(settings)) expect(help.stdout).toContain(`  ${setting}  `)
    for (const { name } of commands) expect(help.stdout).toContain(`  ${name}  `)
    expect(argument).toMatchObject({ code: 2, stdout: '' })
    expect(argument.stderr).toMatch(/takes no arguments.*loudly.*--help/)
  })
})

describe('commands with a running server', () => {
  let server: Server

  beforeAll(async () => {
    server = await startServer(embedded)
  })
  afterAll(async () => {
    server.signal('SIGTERM')
    await server.ended
  })

  it(
    'every command uses the database of a running server, and a created key is accepted by its API',
    { timeout },
    async () => {
      const key = await useEveryCommand('Beside', runCommandLine)
      const answer = await fetch(server.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
        body: JSON.stringify({ query: '{ viewer { key { role } project { name } } }' }),
      })

      expect(await answer.json()).toMatchObject({
        data: { viewer: { key: { role: 'PLATFORM' }, project: { name: 'Beside' } } },
      })
      expect(server.isOver()).toBe(false)
    },
  )

  it(
    'rotate-master-key refuses a key that the running server lacks, and accepts it with --force and its fingerprint',
    { timeout },
    async () => {
      const second = `k2:${Buffer.alloc(32, 8).toString('base64')}`
      const added = { ...embedded, SECRETS_KEYS: `${second},${embedded['SECRETS_KEYS'] ?? ''}` }
      const rotate = (keys: Environment, ...args: string[]) =>
        runCommandLine(keys, 'rotate-master-key', ...args)
      const refused = await rotate(added)
      expect(refused).toMatchObject({ code: 1, stdout: '' })
      expect(refused.stderr).toMatch(
        /^the key k2 \(fingerprint [0-9a-f]{16}\) is not known to be in the SECRETS_KEYS of process prc_[^\n]*\n$/,
      )
      expect(refused.stderr).toContain(`pid ${server.pid} on `)
      const [, print = ''] = /fingerprint ([0-9a-f]{16})/.exec(refused.stderr) ?? []
      const other = await rotate(added, '--force', '0123456789abcdef')
      expect(other).toMatchObject({ code: 1, stdout: '' })
      expect(other.stderr).toContain(print)

      // As the documentation has it, which is a process of npm.
      const byNpm = [...commandByNpm, 'rotate-master-key', '--force', print, '--json']
      const forced = await run(byNpm, added).ended
      expect(forced).toMatchObject({ code: 0, stderr: '' })
      expect(JSON.parse(forced.stdout)).toMatchObject({ key: { id: 'k2', fingerprint: print }, left: 0 })
      // Back to the key that the server has, which needs no --force.
      const back = { ...embedded, SECRETS_KEYS: `${embedded['SECRETS_KEYS'] ?? ''},${second}` }
      expect((await rotate(back)).stdout).toMatch(
        /^Re-encrypted \d+ data keys with test \(fingerprint [0-9a-f]{16}\)\. .*No other key is needed any more\.\n$/,
      )
    },
  )

  it(
    'a second server on the same data folder is refused with one line that names the folder and the pid',
    { timeout },
    async () => {
      const { code, stdout, stderr } = await run(serverByNode, { PORT: '0', ...embedded }).ended

      expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
      expect(stderr).toMatch(
        /^DATA_DIR \S+ is in use by another Orderbell server \(pid \d+\): stop that one, [^\n]*\n$/,
      )
      expect(stderr).toContain(`pid ${server.pid}`)
      expect(server.isOver(), 'the first server is running').toBe(false)
    },
  )

  it('a server whose port is in use is refused with one line that names the port', { timeout }, async () => {
    const { port } = new URL(server.url)
    const { code, stdout, stderr } = await run(serverByNode, {
      ...hosted,
      PORT: port,
      LOG_LEVEL: 'warn',
    }).ended

    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toBe(
      `PORT ${port} of 127.0.0.1 is in use: set PORT to another port, or to 0 for any free port\n`,
    )
  })
})
