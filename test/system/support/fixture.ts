/** A server process with its own data folder, a project with a webhook, and a receiver that outlives the server. */
import type { Tenant } from '../../support/server.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import { freshFolder, startServer, type Environment, type Server } from './process.ts'
import { createProject, createSite, createWebhook, type Project } from './tenant.ts'

export interface Fixture {
  readonly environment: Environment
  readonly receiver: Receiver
  readonly project: Project
  readonly siteId: string
  readonly webhookId: string
  /** The server that runs now. */
  readonly server: () => Server
  /** An API client of the server that runs now. */
  readonly tenant: () => Tenant
  /** Starts another server on the same data folder; the server before must have ended. */
  restart(command?: readonly string[]): Promise<Server>
  close(): Promise<void>
}

export interface FixtureOptions {
  readonly command?: readonly string[]
  /** Settings in addition to DATA_DIR. */
  readonly settings?: Environment
  readonly timeoutMs?: number
}

/** Long enough that many requests are in flight at any moment. */
export const answerAfterMs = 100

export async function startFixture({ command, settings, timeoutMs }: FixtureOptions = {}): Promise<Fixture> {
  const folder = await freshFolder()
  const environment = { DATA_DIR: folder.path, ...settings }
  const receiver = await startReceiver()
  receiver.script((_request, response) => {
    setTimeout(() => response.writeHead(200).end(), answerAfterMs)
  })
  let server = await startServer(environment, command)
  const project = await createProject(environment)
  const tenant = (): Tenant => project.through(server)
  const siteId = await createSite(tenant())
  const webhookId = await createWebhook(tenant(), receiver.url, timeoutMs === undefined ? {} : { timeoutMs })
  return {
    environment,
    receiver,
    project,
    siteId,
    webhookId,
    server: () => server,
    tenant,
    restart: async (next) => (server = await startServer(environment, next)),
    close: async () => {
      server.signal('SIGKILL')
      await server.ended
      await receiver.close()
      await folder.remove()
    },
  }
}
