/** An Orderbell for the bench, in a process of its own, so that its memory is its own; the bench speaks to its tables and its queue. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { readConfig } from '../../src/config.ts'
import { makeAdminStore } from '../../src/db/admin-store.ts'
import { connect, type Sql } from '../../src/db/connect.ts'
import { makeProjectStore } from '../../src/db/project-store.ts'
import { createProject } from '../../src/flow/admin.ts'
import { createWebhook } from '../../src/flow/change-webhook.ts'
import { makeSender } from '../../src/http/sender.ts'
import { makeAlarmClock } from '../../src/queue/alarm-clock.ts'
import { chance } from '../../src/runtime/chance.ts'
import { makeSecrets } from '../../src/runtime/secrets.ts'
import { quietLog } from '../support/quiet-log.ts'
import type { Load } from './load.ts'

export interface BenchHouse {
  readonly sql: Sql
  /** A project with so many webhooks. */
  tenant(webhooks: number, url: string): Promise<Load>
  wake(webhookIds: readonly string[]): void
  residentMb(): Promise<number>
  close(): Promise<void>
}

export async function openBenchHouse(databaseUrl: string, redisUrl: string | undefined): Promise<BenchHouse> {
  const environment = {
    PORT: '0',
    DATABASE_URL: databaseUrl,
    ...(redisUrl !== undefined && { REDIS_URL: redisUrl }),
    SECRETS_KEYS: `bench:${Buffer.alloc(32, 1).toString('base64')}`,
    SEND_ALLOWED_NETWORKS: '127.0.0.0/8',
    SEND_ALLOW_HTTP: 'true',
    LOG_LEVEL: 'warn',
  }
  const server = fork(new URL('server.ts', import.meta.url), {
    execArgv: ['--import', 'tsx'],
    env: { ...process.env, ...environment },
  })
  await once(server, 'message')
  const config = readConfig(environment)
  const connections = connect(databaseUrl, quietLog)
  const admin = makeAdminStore(connections.db)
  const secrets = makeSecrets(config.secretsKeys ?? [], (projectId) => admin.sealedDataKey(projectId))
  const prefix = `orderbell-${await admin.installationId()}`
  const clock = await makeAlarmClock({ databaseUrl, redisUrl, log: quietLog, prefix })
  const sender = makeSender({ allowedNetworks: config.sendAllowedNetworks, allowHttp: true })

  return {
    sql: connections.sql,
    wake: (webhookIds) => clock.wakeNow(webhookIds),
    tenant: async (count, url) => {
      const project = await createProject({ store: admin, chance, secrets }, 'Bench', new Date())
      if (!project.ok) throw new Error('the bench could not make a project')
      const projectId = project.value.id
      const store = makeProjectStore(connections.db, projectId)
      const world = { store, chance, wakes: clock, log: quietLog, sender, secrets, projectId }
      const wish = { url, topics: ['order.*'], preset: 'STANDARD', overrides: {} } as const
      const webhookIds: string[] = []
      for (let index = 0; index < count; index += 1) {
        const made = await createWebhook(world, { ...wish, name: `bench ${index}` })
        if (!made.ok) throw new Error(JSON.stringify(made.problems))
        webhookIds.push(made.value.webhook.id)
      }
      return { projectId, webhookIds }
    },
    residentMb: async () => {
      const status = await readFile(`/proc/${server.pid ?? 0}/status`, 'utf8')
      return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024
    },
    close: async () => {
      // Not drained: the slow receivers of the memory run would be waited for.
      server.kill('SIGKILL')
      await once(server, 'exit')
      await clock.close()
      await sender.close()
      await connections.close()
    },
  }
}
