/**
 * One real PostgreSQL for the whole test run: the embedded one, in a folder of its own, or the
 * server named by TEST_DATABASE_URL. Suites take databases of their own from it (`postgres.ts`).
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { startEmbeddedPostgres } from '../../src/runtime/embedded-postgres/index.ts'
import { nullLog } from './null-log.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    postgresUrl: string
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env['TEST_DATABASE_URL']
  if (given !== undefined) {
    project.provide('postgresUrl', given)
    return () => Promise.resolve()
  }
  const dataDir = await mkdtemp(join(tmpdir(), 'orderbell-test-'))
  // As root, PostgreSQL runs as somebody else, who must be able to walk through this folder.
  await chmod(dataDir, 0o711)
  const server = await startEmbeddedPostgres({ dataDir, log: nullLog, purpose: 'server' })
  project.provide('postgresUrl', server.url)
  return async () => {
    await server.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}
