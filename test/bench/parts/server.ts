/**
 * The measured Orderbell: the built server that `npm start` runs, as one process or several. The bench uses its tables
 * and its queue directly. All settings have their defaults, except the rate limits of keys, which would end a load.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import limitConcurrency from 'p-limit'
import { readConfig } from '../../../src/config.ts'
import { connect } from '../../../src/db/connection/connect.ts'
import { makeAdminStore, type AdminStore } from '../../../src/db/installation/installation-store.ts'
import { makeProjectStore } from '../../../src/db/tenant/tenant-store.ts'
import { wholeProject } from '../../../src/domain/access/scope.ts'
import { toWebhookCreate } from '../../../src/graphql/resolvers/webhook-inputs.ts'
import { makeDeliveryScheduler } from '../../../src/queue/delivery-scheduler.ts'
import { makeSecrets } from '../../../src/runtime/crypto/secrets.ts'
import { system } from '../../../src/runtime/system.ts'
import { makeSender } from '../../../src/sender/sender.ts'
import { createProject } from '../../../src/services/access/change-project.ts'
import type { KeyInput } from '../../../src/services/access/change-key.ts'
import { createKey } from '../../../src/services/installation/installation.ts'
import { createWebhook } from '../../../src/services/webhooks/create-webhook.ts'
import { nullLog } from '../../support/null-log.ts'
import type { TestRedis } from '../../support/redis.ts'
import type { Queue } from '../frame/bench.ts'
import type { Measured } from '../frame/usage.ts'
import type { Peer } from '../peers/peer.ts'
import { connectTo, type BenchDatabase, type Cluster, type Sql } from './cluster.ts'
import type { Load } from './load.ts'

export interface ServerOptions {
  /** PostgreSQL by default. */
  readonly queue?: Queue
  /** The roles of each process by its name. One process with both roles by default. */
  readonly processes?: Readonly<Record<string, string>>
  /** A server with a name is not shared with scenarios that do not name it. */
  readonly name?: string
  /** The database of another server; a new one by default. */
  readonly database?: BenchDatabase
}

export interface BenchServer {
  /** A connection of the bench to the server's database. */
  readonly sql: Sql
  readonly admin: AdminStore
  readonly database: BenchDatabase
  /** The processes by name. */
  readonly pids: Readonly<Record<string, number>>
  /** The GraphQL URL. */
  readonly url: string
  /** Creates a project with this many webhooks. */
  tenant(webhooks: number, url: (projectId: string, index: number) => string): Promise<Load>
  /** Creates a key and returns its text. */
  key(projectId: string, input: KeyInput): Promise<string>
  wake(webhookIds: readonly string[]): void
  /** What `measureUsage` measures: the processes of the server, the peers, PostgreSQL, and Redis when it has the queue. */
  measured(peers?: Readonly<Record<string, Peer>>): Measured
  /** Stops the processes with SIGTERM. Throws when one does not exit with 0. */
  stop(): Promise<void>
  close(): Promise<void>
}

const entry = fileURLToPath(new URL('../../../dist/main.js', import.meta.url))
const unlimited = '1000000000'
/** Webhooks that `tenant` creates at a time. */
const createdAtATime = 6

interface Start {
  readonly cluster: Cluster
  readonly database: BenchDatabase
  readonly redis: TestRedis | undefined
  readonly options: ServerOptions
}

export async function startBenchServer({ cluster, database, redis, options }: Start): Promise<BenchServer> {
  if (!existsSync(entry)) throw new Error(`expected a built server at ${entry}: npm run build`)
  const environment = {
    PORT: '0',
    DATABASE_URL: database.url,
    ...(redis !== undefined && { REDIS_URL: redis.url }),
    SECRETS_KEYS: `bench:${Buffer.alloc(32, 1).toString('base64')}`,
    SEND_ALLOWED_NETWORKS: '127.0.0.0/8',
    SEND_ALLOW_HTTP: 'true',
    RATE_COST_PER_MINUTE: unlimited,
    RATE_MUTATIONS_PER_MINUTE: unlimited,
  }
  const children = new Map<string, ServerProcess>()
  for (const [name, roles] of Object.entries(options.processes ?? { server: 'api,dispatcher' }))
    children.set(name, await startProcess({ ...environment, ROLES: roles }))
  const own = await connectBench(database, redis?.url, environment)
  return {
    sql: own.sql,
    admin: own.admin,
    database,
    pids: Object.fromEntries([...children].map(([name, { child }]) => [name, child.pid ?? 0])),
    url: [...children.values()].find(({ url }) => url !== undefined)?.url ?? '',
    wake: (webhookIds) => own.scheduler.wakeNow(webhookIds),
    tenant: (count, url) => createTenant(own, count, url),
    key: async (projectId, input) => {
      const made = await createKey({ store: own.admin, system }, { projectId, ...input })
      if (!made.ok) throw new Error(JSON.stringify(made.problems))
      return made.value.text
    },
    measured: (peers = {}) => ({
      cluster,
      sql: own.sql,
      redis,
      pids: {
        ...Object.fromEntries([...children].map(([name, { child }]) => [name, child.pid ?? 0])),
        ...Object.fromEntries(Object.entries(peers).map(([name, { pid }]) => [name, pid])),
      },
    }),
    stop: async () => {
      for (const { child, exited } of children.values()) {
        child.kill('SIGTERM')
        const [code] = await exited
        if (code !== 0) throw new Error(`the server ended with ${code ?? 'a signal'}`)
      }
    },
    close: async () => {
      for (const { child, exited } of children.values()) {
        if (child.exitCode !== null || child.signalCode !== null) continue
        child.kill('SIGKILL')
        await exited
      }
      await own.close()
    },
  }
}

/** The bench's own connections to the database and the queue of a server, and what its services need. */
async function connectBench(
  { benchUrl }: BenchDatabase,
  redisUrl: string | undefined,
  environment: Readonly<Record<string, string>>,
) {
  const config = readConfig(environment)
  const connections = connect(benchUrl, nullLog)
  const sql = connectTo(benchUrl, 6)
  const admin = makeAdminStore(connections.db)
  const secrets = makeSecrets(config.secretsKeys ?? [], (projectId) => admin.encryptedDataKey(projectId))
  const prefix = `orderbell-${await admin.installationId()}`
  const scheduler = await makeDeliveryScheduler({ databaseUrl: benchUrl, redisUrl, log: nullLog, prefix })
  const sender = makeSender({
    allowedNetworks: config.sendAllowedNetworks,
    allowHttp: true,
    maxPerHost: config.sendMaxPerHost,
  })
  return {
    db: connections.db,
    publicUrl: config.publicUrl,
    ...{ sql, admin, secrets, scheduler, sender },
    close: async () => {
      await scheduler.close()
      await sender.close()
      await connections.close()
      await sql.end({ timeout: 5 })
    },
  }
}

type OwnConnections = Awaited<ReturnType<typeof connectBench>>

async function createTenant(
  { db, publicUrl, admin, secrets, scheduler, sender }: OwnConnections,
  count: number,
  url: (projectId: string, index: number) => string,
): Promise<Load> {
  const project = await createProject({ store: admin, system, secrets }, { name: 'Bench' })
  if (!project.ok) throw new Error('expected a project to be created')
  const projectId = project.value.id
  const deps = {
    store: makeProjectStore(db, wholeProject(projectId)),
    laneScheduler: scheduler,
    log: nullLog,
    userAgent: 'Bench',
    partnerId: null,
    // Not through the API: no rate limit applies.
    rates: { take: () => Promise.resolve({ ok: true as const }) },
    feedNotifier: { notify: () => undefined },
    ...{ system, sender, secrets, publicUrl, projectId },
  }
  const atATime = limitConcurrency(createdAtATime)
  const webhookIds = await Promise.all(
    Array.from({ length: count }, (_, index) =>
      atATime(async () => {
        const input = { url: url(projectId, index), topics: ['order.*', 'menu.*'], name: `bench ${index}` }
        const made = await createWebhook(deps, toWebhookCreate(input))
        if (!made.ok) throw new Error(JSON.stringify(made.problems))
        return made.value.webhook.id
      }),
    ),
  )
  return { projectId, webhookIds }
}

interface ServerProcess {
  readonly child: ChildProcess
  readonly exited: Promise<[number | null]>
  /** Undefined for a process without the API. */
  readonly url: string | undefined
}

async function startProcess(environment: Readonly<Record<string, string>>): Promise<ServerProcess> {
  const { REDIS_URL: _, ...inherited } = process.env
  const child = spawn(process.execPath, [...serverFlags(), '--enable-source-maps', entry], {
    env: { ...inherited, ...environment, LOG_LEVEL: 'info' },
    stdio: ['ignore', 'inherit', 'pipe'],
  })
  const exited = once(child, 'exit') as Promise<[number | null]>
  return { child, exited, url: await started(child.stderr, exited) }
}

/** Flags of Node.js for profiling, such as BENCH_SERVER_FLAGS="--cpu-prof". */
function serverFlags(): readonly string[] {
  return process.env['BENCH_SERVER_FLAGS']?.split(' ') ?? []
}

/** Resolves with the URL of the API once the server logs its start. Prints warnings and errors, because they explain poor figures. */
async function started(
  log: NodeJS.ReadableStream,
  exited: Promise<[number | null]>,
): Promise<string | undefined> {
  const ready = new Promise<string | undefined>((resolve) => {
    createInterface(log).on('line', (line) => {
      if (line.includes('"app.started"')) resolve((JSON.parse(line) as { url?: string }).url)
      if (!line.includes('"level":"info"')) process.stderr.write(`server: ${line}\n`)
    })
  })
  const failed = exited.then(([code]) => {
    throw new Error(`the server ended with ${code ?? 'a signal'} before it was ready`)
  })
  failed.catch(() => undefined)
  return Promise.race([ready, failed])
}
