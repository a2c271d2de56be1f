/**
 * Starts one PostgreSQL for the whole test run: the embedded one in a temporary folder, or the server of
 * TEST_DATABASE_URL. Migrates one database on it, which `postgres.ts` copies.
 */
import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import type { TestProject } from 'vitest/node'
import { migrateDatabase } from '../../src/db/connection/migrate.ts'
import { migrateQueue } from '../../src/queue/backend/postgres-backend.ts'
import { startEmbeddedPostgres } from '../../src/runtime/embedded-postgres/index.ts'
import { nullLog } from './null-log.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    postgresUrl: string
    /** The name of the migrated database. */
    migratedDatabase: string
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env['TEST_DATABASE_URL']
  const { url, stop } =
    given === undefined ? await startServer() : { url: given, stop: () => Promise.resolve() }
  const sql = postgres(url, { max: 1, onnotice: () => undefined })
  const name = `test_migrated_${randomBytes(6).toString('hex')}`
  try {
    if (given === undefined) await makeFast(sql, new URL(url).password)
    await sql.unsafe(`create database ${name}`)
    const migrated = new URL(url)
    migrated.pathname = `/${name}`
    await migrateDatabase(migrated.href)
    await migrateQueue(migrated.href)
  } catch (error) {
    await sql.end({ timeout: 1 })
    await stop()
    throw error
  }
  project.provide('postgresUrl', url)
  project.provide('migratedDatabase', name)
  return async () => {
    await sql.unsafe(`drop database if exists ${name} with (force)`)
    await sql.end({ timeout: 1 })
    await stop()
  }
}

async function startServer(): Promise<{ readonly url: string; readonly stop: () => Promise<void> }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'orderbell-test-'))
  // If the tests run as root, PostgreSQL runs as another user, which must be able to enter this folder.
  await chmod(dataDir, 0o711)
  const server = await startEmbeddedPostgres({
    dataDir,
    log: nullLog,
    purpose: 'server',
    maxConnections: 400,
  })
  return {
    url: server.url,
    stop: async () => {
      await server.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** The data need not survive a crash of the machine, and the hundreds of connections need not resist a guesser. */
async function makeFast(sql: postgres.Sql, password: string): Promise<void> {
  await sql.unsafe('alter system set fsync = off')
  await sql.unsafe('alter system set full_page_writes = off')
  // It would visit each of the hundreds of databases. Tests that need statistics collect them.
  await sql.unsafe('alter system set autovacuum = off')
  await sql.unsafe('select pg_reload_conf()')
  await sql.unsafe(
    `begin; set local scram_iterations = 1; alter role current_user password '${password}'; commit`,
  )
}
