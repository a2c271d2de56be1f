/** The demo: starts all roles on the embedded PostgreSQL and uses them through the public API, as a client would. */
import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { makeApp } from '../app.ts'
import { readConfig, type Config } from '../config.ts'
import { makeAdminStore } from '../db/installation/installation-store.ts'
import { connect } from '../db/connection/connect.ts'
import { verifyDeliveries, createKey, createProject } from '../services/installation/installation.ts'
import type { Log } from '../ports/platform.ts'
import { system } from '../runtime/system.ts'
import { makeClosing } from '../runtime/closing.ts'
import { endOnClosedOutput, endOnFaults } from '../runtime/crash.ts'
import { joinEmbeddedPostgres } from '../runtime/embedded-postgres/index.ts'
import { makeLog } from '../runtime/log.ts'
import { endOnSignals } from '../runtime/server/shutdown.ts'
import { openStorage, secretsOver } from '../storage.ts'
import { makeDemoClient, type DemoClient, type SeenAttempt } from './client.ts'
import { partners, type Credentials, type Partner } from './partners.ts'
import { startToyReceiver, type ToyReceiver } from './receivers.ts'
import { walkOrders } from './walk.ts'

const help = `Starts Orderbell with toy receivers and walks real orders through it.

Usage: npm run demo               stays up afterwards, to be tried
       npm run demo -- --once     ends by itself: 0 when the deliveries are consistent and every request was proven

It keeps its data below DATA_DIR/demo, made fresh at each run, and reads the same settings as npm start,
DATABASE_URL aside. With REDIS_URL set it runs on Redis.
`

/** Time limit for all deliveries after the orders were changed. Exceeding it is an error. */
const patienceMs = 60_000

/** A signal was received. Later errors are caused by stopping and are not reported. */
let isStopping = false

const say = (line = ''): void => void process.stdout.write(`${line}\n`)

async function main(args: readonly string[]): Promise<void> {
  if (args.includes('--help') || args.includes('-h')) {
    say(help)
    return
  }
  const unknown = args.filter((arg) => arg !== '--once')
  if (unknown.length > 0) {
    process.stderr.write(`The demo takes --once and --help, found ${unknown.join(' ')}.\n`)
    process.exitCode = 2
    return
  }
  const settings = readConfig()
  const config = await demoConfig(settings)
  const log = makeLog(config.logLevel === 'info' ? 'warn' : config.logLevel)
  endOnFaults(log)
  endOnClosedOutput()
  await freshFolder(config.dataDir)

  if (config.port !== settings.port) say(`Port ${settings.port} is in use: the demo takes another one.`)
  say('Starting PostgreSQL, the API, the dispatcher and a toy receiver for each preset...')
  const startedMs = performance.now()
  const closing = makeClosing(log)
  const starting = new AbortController()
  let stop = async (): Promise<void> => {
    starting.abort(new Error('a signal to stop came before the demo was ready'))
    await closing.closeAll()
  }
  endOnSignals({
    stop: async () => {
      isStopping = true
      say('\nStopping...')
      await stop()
    },
    open: () => closing.open(),
    log,
    endWithParent: false,
  })
  const app = await makeApp(config, log, {}, { signal: starting.signal, closing })
  const url = app.address?.url
  if (url === undefined) throw new Error('the demo needs the api role: leave ROLES unset')
  say(
    `Serving at ${url} after ${((performance.now() - startedMs) / 1000).toFixed(1)} s, queue on ${config.redisUrl === undefined ? 'PostgreSQL' : 'Redis'}.`,
  )

  const { projectId, key, countDeliveries, close } = await makeTenant(config, log)
  const client = makeDemoClient(url, key)
  const receivers: ToyReceiver[] = []
  for (const partner of partners) {
    const receiver = await startToyReceiver(partner)
    receivers.push(receiver)
    await registerWebhook(client, partner, receiver)
  }
  const failures = sum(partners.map((partner) => partner.failures))
  say(`One webhook of each preset asks for order.*: ${partners.map(describePartner).join(', ')}.`)
  say('FOODY is told of creations and states only; its receiver was checked before it was saved.\n')

  let attempts = 0
  await client.watch((seen) => {
    attempts += 1
    say(describeAttempt(seen))
  })
  const events = await walkOrders(client)
  let counts = await countDeliveries()
  await until(async () => {
    counts = await countDeliveries()
    return counts.pending === 0 && attempts >= counts.deliveries + failures
  }, patienceMs)

  const proven = sum(receivers.map(({ seen }) => seen.proven))
  const forged = sum(receivers.map(({ seen }) => seen.forged))
  say()
  say(
    `${counts.events} events, ${counts.deliveries} deliveries, ${attempts} attempts: ${counts.delivered} delivered, ${counts.pending} pending, ${counts.exhausted} exhausted.`,
  )
  say(
    `The receivers checked ${proven + forged} requests by signature or token: ${proven} right, ${forged} wrong.`,
  )
  say(counts.consistent ? 'The deliveries are consistent.' : 'The deliveries are NOT consistent.')
  const good =
    counts.consistent &&
    counts.events === events &&
    counts.delivered === counts.deliveries &&
    forged === 0 &&
    proven === attempts

  stop = async (): Promise<void> => {
    await client.close()
    await Promise.all([...receivers.map((receiver) => receiver.close()), close()])
    await app.stop()
  }
  if (args.includes('--once')) {
    await stop()
    process.stdout.write('', () => process.exit(good ? 0 : 1))
    return
  }
  invite(url, key, projectId)
}

/** The settings of the demo: the embedded PostgreSQL in a folder of its own, and sending to loopback allowed. */
async function demoConfig(config: Config): Promise<Config> {
  return {
    ...config,
    port: (await isFree(config)) ? config.port : 0,
    roles: ['api', 'dispatcher'],
    databaseUrl: undefined,
    dataDir: join(config.dataDir, 'demo'),
    secretsKeys: config.secretsKeys ?? [{ id: 'demo', key: randomBytes(32) }],
    sendAllowedNetworks: [...config.sendAllowedNetworks, '127.0.0.0/8'],
    sendAllowHttp: true,
  }
}

function isFree({ host, port }: Config): Promise<boolean> {
  const probe = createServer()
  return new Promise((resolve) => {
    probe.once('error', () => resolve(false))
    probe.listen(port, host, () => probe.close(() => resolve(true)))
  })
}

async function freshFolder(dataDir: string): Promise<void> {
  const running = await joinEmbeddedPostgres(dataDir)
  if (running !== undefined)
    throw new Error(`another demo is running on ${dataDir}: end it first, or set DATA_DIR to another folder`)
  await rm(dataDir, { recursive: true, force: true })
}

/** Creates a project and an API key with the functions that the commands use. */
async function makeTenant(config: Config, log: Log) {
  const storage = await openStorage(config, log, 'command')
  const connections = connect(storage.databaseUrl, log, storage.rlsMode)
  const store = makeAdminStore(connections.adminPool)
  const world = { store, system, secrets: secretsOver(store, storage.keyRing) }
  const project = await createProject(world, 'Demo', new Date())
  if (!project.ok) throw new Error(JSON.stringify(project.problems))
  const projectId = project.value.id
  const key = await createKey(world, { projectId, role: 'PLATFORM', name: 'demo' })
  if (!key.ok) throw new Error(JSON.stringify(key.problems))
  return {
    projectId,
    key: key.value.text,
    countDeliveries: async () => {
      const counts = await verifyDeliveries(store, projectId)
      if (!counts.ok) throw new Error(JSON.stringify(counts.problems))
      return counts.value
    },
    close: async () => {
      await connections.close()
      await storage.stop()
    },
  }
}

async function registerWebhook(
  client: DemoClient,
  { name, preset, settings }: Partner,
  receiver: ToyReceiver,
): Promise<void> {
  const input = { name, url: receiver.url, topics: ['order.*'], preset, ...settings }
  const { webhookCreate } = await client.ask<{ webhookCreate: Credentials }>(
    /* GraphQL */ `
      mutation ($input: WebhookCreateInput!) {
        webhookCreate(input: $input) {
          secret
          token
          userErrors {
            code
            field
            message
          }
        }
      }
    `,
    { input },
  )
  receiver.trust(webhookCreate)
}

function describePartner({ name, preset, failures }: Partner): string {
  return `${name} (${preset}${failures === 0 ? '' : `, fails ${failures} times and then recovers`})`
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

function describeAttempt({ attempt, delivery }: SeenAttempt): string {
  const order = `#${delivery.event.order.number}`.padEnd(4)
  const what = delivery.event.topic.padEnd(30)
  const who = delivery.webhook.name.padEnd(16)
  const came = `${attempt.outcome} ${attempt.statusCode ?? ''}`.padEnd(16)
  const next = attempt.nextStep === 'RETRY' ? `  again: ${attempt.nextStepReason}` : ''
  return `  ${order}${what}${who} attempt ${attempt.number}  ${came} ${attempt.durationMs ?? '?'} ms${next}`
}

async function until(condition: () => Promise<boolean>, withinMs: number): Promise<void> {
  const deadlineMs = performance.now() + withinMs
  while (!(await condition())) {
    if (performance.now() > deadlineMs)
      throw new Error(`the walk did not end within ${withinMs / 1000} s; see the lines above`)
    await pause(20)
  }
}

function invite(url: string, key: string, projectId: string): void {
  say(`
Still serving. Open ${url} in a browser: GraphiQL asks for the key. The steps from here: docs/getting-started.md.
  address  ${url}
  key      ${key}
  project  ${projectId}

  curl -s ${url} -H 'authorization: Bearer ${key}' -H 'content-type: application/json' \\
    -d '{"query":"{ deliveries(first: 3) { nodes { state attemptCount event { topic } webhook { name } } } }"}'

Ctrl+C ends it.`)
}

main(process.argv.slice(2)).catch((error: unknown) => {
  if (isStopping) return
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
})
