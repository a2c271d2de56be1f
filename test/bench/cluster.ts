/** A separate embedded PostgreSQL for a bench. Closing it removes its databases. */
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import { startEmbeddedPostgres } from '../../src/runtime/embedded-postgres/index.ts'
import { nullLog } from '../support/null-log.ts'

export interface Cluster {
  /** Creates an empty database and returns its URL. */
  database(name: string): Promise<string>
  close(): Promise<void>
}

export async function openCluster(): Promise<Cluster> {
  const dataDir = await mkdtemp(join(tmpdir(), 'orderbell-bench-'))
  // PostgreSQL does not run as root: another user must reach its data.
  await chmod(dataDir, 0o711)
  const remove = (): Promise<void> => rm(dataDir, { recursive: true, force: true })
  try {
    const server = await startEmbeddedPostgres({ dataDir, log: nullLog, purpose: 'server' })
    return {
      database: async (name) => {
        const admin = postgres(server.url, { max: 1, onnotice: () => undefined })
        await admin.unsafe(`create database ${name}`)
        await admin.end()
        const url = new URL(server.url)
        url.pathname = `/${name}`
        return url.href
      },
      close: async () => {
        await server.stop()
        await remove()
      },
    }
  } catch (error) {
    await remove()
    throw error
  }
}
