/** The subscription programs of docs/subscriptions.md, run as printed except for the address: each attempt is handled once, in order, after any disconnect. */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeApp, type App } from '../../../src/app.ts'
import { nullLog } from '../../support/null-log.ts'
import { manualFile } from '../../support/manual.ts'
import { waitFor } from '../../support/wait-for.ts'
import { startFixture, type Fixture } from './client-fixture.ts'

const [, chapter = ''] = /^## Watch live\n(.*?)^## /ms.exec(manualFile('docs/subscriptions.md')) ?? []
const [, shared = ''] = /^.*`orderbell\.mjs`.*?\n\n```js\n(.*?)^```/ms.exec(chapter) ?? []
const programs = [...chapter.matchAll(/^With ([\w-]+).*?\n\n```js\n(.*?)^```/gms)].map(
  ([, name = '', program = '']) => ({ name, program }),
)

/** A folder from which Node.js finds the installed packages. */
const root = fileURLToPath(new URL('../../..', import.meta.url))
let folder: string
let fixture: Fixture
const running: ChildProcess[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(root, 'node_modules', '.orderbell-readme-'))
  fixture = await startFixture()
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  await writeFile(join(folder, 'orderbell.mjs'), withProxyAddress(shared))
})
afterAll(async () => {
  for (const child of running) child.kill('SIGKILL')
  await fixture.close()
  await rm(folder, { recursive: true, force: true })
})

/** The printed program with the address of the proxy. */
function withProxyAddress(program: string): string {
  return program.replaceAll('127.0.0.1:4000', new URL(fixture.proxy.url).host)
}

interface Run {
  /** The ids of the attempts that the program printed. */
  readonly received: () => readonly string[]
  readonly printed: () => string
  readonly exitCode: () => number | null
  stop(): Promise<void>
}

async function run(name: string, program: string, key = fixture.acme.key): Promise<Run> {
  const file = join(folder, `${name}-${running.length}.js`)
  await writeFile(file, withProxyAddress(program))
  const child = spawn(process.execPath, [file], { cwd: root, env: { ...process.env, KEY: key } })
  running.push(child)
  let out = ''
  let printed = ''
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (printed += chunk.toString()))
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  return {
    received: () => [...out.matchAll(/^(att_\w+) .*attempt \d+: \w+\n/gm)].map(([, id = '']) => id),
    printed: () => printed,
    exitCode: () => child.exitCode,
    stop: () => {
      child.kill('SIGKILL')
      return ended
    },
  }
}

test('the manual has a program for graphql-ws, Apollo and urql', () => {
  expect(programs.map(({ name }) => name)).toEqual(['graphql-ws', 'Apollo', 'urql'])
})

describe('subscription programs of the manual', () => {
  let api: App
  // The API process that restarts; the test server continues to deliver.
  const serve = async (): Promise<App> => {
    const served = await makeApp({ ...fixture.server.config, roles: ['api'] }, nullLog)
    fixture.proxy.forwardTo(served.address?.url ?? '')
    return served
  }
  beforeAll(async () => {
    api = await serve()
  })
  afterAll(() => api.stop())

  test.each(programs)(
    'the program with $name handles each attempt once, in order, over three disconnects and a server restart',
    { timeout: 120_000 },
    async ({ name, program }) => {
      const before = await fixture.recorded()
      const opened = fixture.proxy.sockets()
      const running = await run(name, program)
      const expected = async () => (await fixture.recorded()).slice(before.length)
      const receivesAll = async () => {
        const wanted = await expected()
        await waitFor(() => running.received().length >= wanted.length, {
          what: `${wanted.length} attempts to be handled, with the output ${running.printed()}`,
          deadlineMs: 30_000,
        })
        expect(running.received()).toEqual(wanted)
      }
      const hasConnected = (count: number) =>
        waitFor(() => fixture.proxy.sockets() >= opened + count, { what: 'a socket', deadlineMs: 30_000 })

      // Disconnects before the first attempt: the program resumes from the cursor it began with.
      await hasConnected(1)
      fixture.proxy.cut()
      await fixture.createEvents(3)
      await receivesAll()
      // Disconnects between attempts, while more are recorded.
      const creating = fixture.createEvents(12)
      const some = running.received().length
      await waitFor(() => running.received().length > some, { what: 'an attempt', deadlineMs: 30_000 })
      fixture.proxy.cut()
      await hasConnected(3)
      fixture.proxy.cut()
      await creating
      await receivesAll()
      // The server closes its sockets and is down for a while.
      await api.stop()
      await fixture.createEvents(2)
      api = await serve()
      await fixture.createEvents(2)
      await receivesAll()

      expect(running.exitCode()).toBeNull()
      expect(running.printed()).not.toMatch(/Error|Warning/)
      await running.stop()
    },
  )

  test.each(programs)(
    'the program with $name starts again from the current position when its cursor has expired',
    async ({ name, program }) => {
      const opened = fixture.proxy.sockets()
      const running = await run(name, program)
      await waitFor(() => fixture.proxy.sockets() > opened, { what: 'a socket', deadlineMs: 30_000 })
      await waitFor(() => fixture.createEvents(1).then(() => running.received().length > 0), {
        what: 'an attempt',
      })
      fixture.proxy.cut()
      const { sql } = fixture.server.connections
      await fixture.createEvents(1)
      await sql`update feeds set expired_position = position where project_id = ${fixture.acme.projectId}`
      const received = running.received().length
      await waitFor(() => fixture.createEvents(1).then(() => running.received().length > received), {
        what: 'an attempt after the expired cursor',
        deadlineMs: 30_000,
      })
      const all = await fixture.recorded()
      const since = running.received().slice(received)
      expect(since).toEqual(
        all.slice(all.indexOf(since[0] ?? ''), all.indexOf(since[0] ?? '') + since.length),
      )
      await running.stop()
    },
  )

  test.each(programs)(
    'the program with $name exits with 1 when its key is wrong or missing',
    async ({ name, program }) => {
      for (const key of [fixture.acme.key.slice(0, -1), '']) {
        const running = await run(name, program, key)
        await waitFor(() => running.exitCode() !== null, { what: 'the program to end', deadlineMs: 20_000 })
        expect(running.exitCode()).toBe(1)
        expect(running.received()).toEqual([])
      }
    },
  )
})
