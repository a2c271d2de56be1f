/** The demo's settings, its data folder, and its project with an API key. */
import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { Config } from '../config.ts'
import { connect } from '../db/connection/connect.ts'
import { makeAdminStore } from '../db/installation/installation-store.ts'
import type { Log } from '../ports/log.ts'
import { joinEmbeddedPostgres } from '../runtime/embedded-postgres/index.ts'
import { system } from '../runtime/system.ts'
import { verifyDeliveries, createKey } from '../services/installation/installation.ts'
import { createProject } from '../services/access/change-project.ts'
import { openStorage, secretsOver } from '../storage.ts'

/** A project of the demo. */
export type DemoTenant = Awaited<ReturnType<typeof makeTenant>>

/** The settings of the demo: the embedded PostgreSQL in a folder of its own, and sending to loopback allowed. */
export async function demoConfig(config: Config): Promise<Config> {
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

/** Removes the data of an earlier run. Throws while another demo uses it. */
export async function emptyDataDir(dataDir: string): Promise<void> {
  const running = await joinEmbeddedPostgres(dataDir)
  if (running !== undefined)
    throw new Error(`another demo is running on ${dataDir}: end it first, or set DATA_DIR to another folder`)
  await rm(dataDir, { recursive: true, force: true })
}

/** Creates a project and an API key with the functions that the commands use. */
export async function makeTenant(config: Config, log: Log) {
  const storage = await openStorage(config, log, 'command')
  const connections = connect(storage.databaseUrl, log, storage.rlsMode)
  const store = makeAdminStore(connections.adminPool)
  const deps = { store, system, secrets: secretsOver(store, storage.keyRing) }
  const project = await createProject(deps, { name: 'Demo', arrivingMinutes: [10] })
  if (!project.ok) throw new Error(JSON.stringify(project.problems))
  const projectId = project.value.id
  const key = await createKey(deps, { projectId, role: 'PLATFORM', name: 'demo' })
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
