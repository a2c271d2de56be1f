/**
 * Starts one PostgreSQL for the whole test run: the embedded one in a temporary folder, or the server of
 * TEST_DATABASE_URL. Suites create their own databases on it.
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
  // If the tests run as root, PostgreSQL runs as another user, which must be able to enter this folder.
  await chmod(dataDir, 0o711)
  const server = await startEmbeddedPostgres({ dataDir, log: nullLog, purpose: 'server' })
  project.provide('postgresUrl', server.url)
  return async () => {
    await server.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}
