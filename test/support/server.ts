/**
 * Starts a complete Orderbell in this process, with a separate database: the API on a free port and the dispatcher.
 * Tests create projects on it and use the API as a client would.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient, type Client } from 'graphql-ws'
import WebSocket from 'ws'
import { makeApp, type App, type TestOverrides } from '../../src/app.ts'
import { readConfig, type Config } from '../../src/config.ts'
import { makeAdminStore } from '../../src/db/installation/installation-store.ts'
import { connect, type Connections } from '../../src/db/connection/connect.ts'
import { createKey } from '../../src/services/installation/installation.ts'
import { createProject } from '../../src/services/access/change-project.ts'
import type { AdminStore } from '../../src/db/installation/installation-store.ts'
import type { Log } from '../../src/ports/log.ts'
import { system } from '../../src/runtime/system.ts'
import { makeSecrets } from '../../src/runtime/crypto/secrets.ts'
import { freshDatabase, migratedDatabase } from './postgres.ts'
import { nullLog } from './null-log.ts'

const secretsKey = Buffer.alloc(32, 7)

/** A client of one project. */
export interface Tenant {
  readonly projectId: string
  readonly key: string
  /** Executes an operation and returns its data. Throws when the response has errors or no data. */
  gql<T = Record<string, unknown>>(query: string, variables?: Record<string, unknown>): Promise<T>
  /** Sends a request and returns the status and the parsed body. */
  post(
    body: unknown,
    headers?: Record<string, string>,
  ): Promise<{ readonly status: number; readonly body: GraphQLAnswer }>
  /**
   * Creates a graphql-ws client of this project. It is closed with the server if `TestServer.tenant` created the
   * tenant.
   */
  socket(): Client
}

export interface GraphQLAnswer {
  readonly data?: Record<string, unknown> | null
  readonly errors?: readonly { readonly message: string; readonly extensions?: Record<string, unknown> }[]
}

export interface TestServer {
  readonly app: App
  readonly url: string
  readonly config: Config
  /** Direct access to the tables, for what a test cannot read or change through the API. */
  readonly connections: Connections
  readonly admin: AdminStore
  tenant(name?: string): Promise<Tenant>
  close(): Promise<void>
}

/**
 * Starts the server. `environment` sets variables as for `npm start`; by default loopback receivers and http are
 * allowed. `give` may give the database to another owner, and returns the URL that the server uses.
 */
export async function startTestServer(
  environment: Readonly<Record<string, string>> = {},
  log: Log = nullLog,
  testOverrides: TestOverrides = {},
  give?: (url: string) => Promise<string>,
): Promise<TestServer> {
  const database = give === undefined ? await migratedDatabase() : await freshDatabase()
  const dataDir = await mkdtemp(join(tmpdir(), 'orderbell-server-'))
  const config = readConfig({
    PORT: '0',
    DATABASE_URL: (await give?.(database.url)) ?? database.url,
    DATA_DIR: dataDir,
    SECRETS_KEYS: `test:${secretsKey.toString('base64')}`,
    SEND_ALLOWED_NETWORKS: '127.0.0.0/8',
    SEND_ALLOW_HTTP: 'true',
    NODE_ENV: 'test',
    // All suites send requests from one address, many of them with invalid keys.
    RATE_FAILED_AUTH_PER_MINUTE: '1000000',
    RATE_KEYLESS_PER_MINUTE: '1000000',
    ...environment,
  })
  const app = await makeApp(config, log, testOverrides)
  const url = app.address?.url ?? ''
  const connections = connect(database.url, nullLog)
  const admin = makeAdminStore(connections.db)
  const secrets = makeSecrets(config.secretsKeys ?? [], (projectId) => admin.encryptedDataKey(projectId))
  const deps = { store: admin, system, secrets }
  const sockets: Client[] = []

  return {
    app,
    url,
    config,
    connections,
    admin,
    tenant: async (name = 'Acme') => {
      const project = await createProject(deps, { name })
      if (!project.ok) throw new Error(JSON.stringify(project.problems))
      const input = { projectId: project.value.id, role: 'PLATFORM', name: null } as const
      const made = await createKey(deps, input)
      if (!made.ok) throw new Error(JSON.stringify(made.problems))
      return tenantOf(url, project.value.id, made.value.text, sockets)
    },
    close: async () => {
      for (const socket of sockets) await socket.dispose()
      await app.stop()
      await connections.close()
      await database.drop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** One for each worker of the test run, whose files run one after another. */
let shared: Promise<TestServer> | undefined

/**
 * A server with default settings that the files of a worker share, because a server takes a second of CPU to start. Each
 * file has its own projects, whose deliveries end when the file closes the server. For files that neither stop the
 * server nor change or count rows of other projects.
 */
export async function sharedTestServer(): Promise<TestServer> {
  shared ??= startTestServer()
  const server = await shared
  const tenants: Tenant[] = []
  const sockets: Client[] = []
  return {
    ...server,
    tenant: async (name) => {
      const { projectId, key } = await server.tenant(name)
      const tenant = tenantOf(server.url, projectId, key, sockets)
      tenants.push(tenant)
      return tenant
    },
    close: async () => {
      for (const socket of sockets) await socket.dispose()
      const projectIds = tenants.map(({ projectId }) => projectId)
      await server.connections.sql`
        delete from due_deliveries where webhook_id in (select id from webhooks where project_id = any(${projectIds}))`
    },
  }
}

export function tenantOf(url: string, projectId: string, key: string, sockets: Client[] = []): Tenant {
  const post: Tenant['post'] = async (body, headers = {}) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}`, ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
    return { status: response.status, body: (await response.json()) as GraphQLAnswer }
  }
  return {
    projectId,
    key,
    post,
    gql: async <T>(query: string, variables?: Record<string, unknown>) => {
      const { body } = await post({ query, variables })
      if (body.errors !== undefined || body.data == null)
        throw new Error(`expected data, found ${JSON.stringify(body.errors)}`)
      return body.data as T
    },
    socket: () => {
      const client = createClient({
        url: url.replace(/^http/, 'ws'),
        webSocketImpl: WebSocket,
        connectionParams: { authorization: `Bearer ${key}` },
        retryAttempts: 0,
      })
      sockets.push(client)
      return client
    },
  }
}
