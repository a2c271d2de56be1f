/** What every piece is played on: a server on a data folder of its own, a project with a webhook, a receiver that lives on. */
import type { Tenant } from '../../support/server.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import { freshFolder, startServer, type Environment, type Server } from './process.ts'
import { makeProject, makeSite, makeWebhook, type Project } from './tenant.ts'

export interface Fixture {
  readonly environment: Environment
  readonly receiver: Receiver
  readonly project: Project
  readonly siteId: string
  readonly webhookId: string
  /** Which serves now. */
  readonly server: () => Server
  /** Through whichever server serves now. */
  readonly tenant: () => Tenant
  /** Another server on the same data folder; the one before must be over. */
  startAgain(command?: readonly string[]): Promise<Server>
  close(): Promise<void>
}

export interface StageOptions {
  readonly command?: readonly string[]
  /** Besides DATA_DIR. */
  readonly settings?: Environment
  readonly timeoutMs?: number
}

/** Long enough that many requests are under way at any moment. */
export const answerAfterMs = 100

export async function startFixture({ command, settings, timeoutMs }: StageOptions = {}): Promise<Fixture> {
  const folder = await freshFolder()
  const environment = { DATA_DIR: folder.path, ...settings }
  const receiver = await startReceiver()
  receiver.script((_request, response) => {
    setTimeout(() => response.writeHead(200).end(), answerAfterMs)
  })
  let server = await startServer(environment, command)
  const project = await makeProject(environment)
  const tenant = (): Tenant => project.through(server)
  const siteId = await makeSite(tenant())
  const webhookId = await makeWebhook(tenant(), receiver.url, timeoutMs === undefined ? {} : { timeoutMs })
  return {
    environment,
    receiver,
    project,
    siteId,
    webhookId,
    server: () => server,
    tenant,
    startAgain: async (next) => (server = await startServer(environment, next)),
    close: async () => {
      server.signal('SIGKILL')
      await server.ended
      await receiver.close()
      await folder.remove()
    },
  }
}
