/**
 * The measured Orderbell: the built server that `npm start` runs, in a separate process. The bench uses its tables and
 * its queue directly.
 */
import { wholeProject } from '../../src/domain/access/scope.ts'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import postgres from 'postgres'
import { readConfig } from '../../src/config.ts'
import { makeAdminStore } from '../../src/db/installation/installation-store.ts'
import { connect, type Sql } from '../../src/db/connection/connect.ts'
import { makeProjectStore } from '../../src/db/tenant/tenant-store.ts'
import { createKey } from '../../src/services/installation/installation.ts'
import { createProject } from '../../src/services/access/change-project.ts'
import type { KeyInput } from '../../src/services/access/change-key.ts'
import { createWebhook } from '../../src/services/webhooks/create-webhook.ts'
import type { AdminStore } from '../../src/db/installation/installation-store.ts'
import { toWebhookCreate } from '../../src/graphql/resolvers/webhook-inputs.ts'
import { makeSender } from '../../src/sender/sender.ts'
import { makeDeliveryScheduler } from '../../src/queue/delivery-scheduler.ts'
import { system } from '../../src/runtime/system.ts'
import { makeSecrets } from '../../src/runtime/crypto/secrets.ts'
import { nullLog } from '../support/null-log.ts'
import type { Load } from './load.ts'

export interface BenchServer {
  readonly sql: Sql
  readonly admin: AdminStore
  readonly databaseUrl: string
  readonly serverPid: number
  /** The GraphQL URL. */
  readonly url: string
  /** Creates a project with this many webhooks. */
  tenant(webhooks: number, url: (projectId: string, index: number) => string): Promise<Load>
  /** Creates a key and returns its text. */
  key(projectId: string, input: KeyInput): Promise<string>
  wake(webhookIds: readonly string[]): void
  /** Stops the server with SIGTERM. Throws when it does not exit with 0. */
  stopServer(): Promise<void>
  close(): Promise<void>
}

const entry = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

export async function startBenchServer(
  databaseUrl: string,
  redisUrl: string | undefined,
  settings: Readonly<Record<string, string>> = {},
): Promise<BenchServer> {
  if (!existsSync(entry)) throw new Error(`expected a built server at ${entry}: npm run build`)
  const environment = {
    PORT: '0',
    DATABASE_URL: databaseUrl,
    ...(redisUrl !== undefined && { REDIS_URL: redisUrl }),
    SECRETS_KEYS: `bench:${Buffer.alloc(32, 1).toString('base64')}`,
    SEND_ALLOWED_NETWORKS: '127.0.0.0/8',
    SEND_ALLOW_HTTP: 'true',
    ...settings,
  }
  const { REDIS_URL: _, ...inherited } = process.env
  const server = spawn(process.execPath, [...serverFlags(), '--enable-source-maps', entry], {
    env: { ...inherited, ...environment, LOG_LEVEL: 'info' },
    stdio: ['ignore', 'inherit', 'pipe'],
  })
  const exited = once(server, 'exit') as Promise<[number | null]>
  const url = await started(server.stderr, exited)
  const config = readConfig(environment)
  const connections = connect(databaseUrl, nullLog)
  // Not the server's pool, whose statements end after 5 s: a bench writes millions of rows.
  const sql = postgres(databaseUrl, { max: 6, onnotice: () => undefined })
  const admin = makeAdminStore(connections.db)
  const secrets = makeSecrets(config.secretsKeys ?? [], (projectId) => admin.encryptedDataKey(projectId))
  const prefix = `orderbell-${await admin.installationId()}`
  const clock = await makeDeliveryScheduler({ databaseUrl, redisUrl, log: nullLog, prefix })
  const sender = makeSender({
    allowedNetworks: config.sendAllowedNetworks,
    allowHttp: true,
    maxPerHost: config.sendMaxPerHost,
  })

  const { publicUrl } = config

  return {
    sql,
    admin,
    databaseUrl,
    serverPid: server.pid ?? 0,
    url,
    wake: (webhookIds) => clock.wakeNow(webhookIds),
    tenant: async (count, url) => {
      const project = await createProject({ store: admin, system, secrets }, 'Bench')
      if (!project.ok) throw new Error('expected a project to be created')
      const projectId = project.value.id
      const store = makeProjectStore(connections.db, wholeProject(projectId))
      const deps = {
        ...{
          store,
          system,
          laneScheduler: clock,
          log: nullLog,
          sender,
          secrets,
          publicUrl,
          userAgent: 'Bench',
        },
        ...{ projectId, partnerId: null },
        // Not through the API: no rate limit applies.
        rates: { take: () => Promise.resolve({ ok: true as const }) },
        feedNotifier: { notify: () => undefined },
      }
      const webhookIds: string[] = []
      for (let index = 0; index < count; index += 1) {
        const input = { url: url(projectId, index), topics: ['order.*', 'menu.*'], name: `bench ${index}` }
        const made = await createWebhook(deps, toWebhookCreate(input))
        if (!made.ok) throw new Error(JSON.stringify(made.problems))
        webhookIds.push(made.value.webhook.id)
      }
      return { projectId, webhookIds }
    },
    key: async (projectId, input) => {
      const made = await createKey({ store: admin, system }, { projectId, ...input })
      if (!made.ok) throw new Error(JSON.stringify(made.problems))
      return made.value.text
    },
    stopServer: async () => {
      server.kill('SIGTERM')
      const [code] = await exited
      if (code !== 0) throw new Error(`the server ended with ${code ?? 'a signal'}`)
    },
    close: async () => {
      if (server.exitCode === null && server.signalCode === null) {
        server.kill('SIGKILL')
        await exited
      }
      await clock.close()
      await sender.close()
      await connections.close()
      await sql.end({ timeout: 5 })
    },
  }
}

/** Flags of Node.js for profiling, such as BENCH_SERVER_FLAGS="--cpu-prof". */
function serverFlags(): readonly string[] {
  return process.env['BENCH_SERVER_FLAGS']?.split(' ') ?? []
}

/** Resolves with the URL of the API once the server logs it. Prints warnings and errors, because they explain poor figures. */
async function started(log: NodeJS.ReadableStream, exited: Promise<[number | null]>): Promise<string> {
  const ready = new Promise<string>((resolve) => {
    createInterface(log).on('line', (line) => {
      if (line.includes('"app.started"')) resolve((JSON.parse(line) as { url: string }).url)
      if (!line.includes('"level":"info"')) process.stderr.write(`server: ${line}\n`)
    })
  })
  const failed = exited.then(([code]) => {
    throw new Error(`the server ended with ${code ?? 'a signal'} before it was ready`)
  })
  failed.catch(() => undefined)
  return Promise.race([ready, failed])
}
