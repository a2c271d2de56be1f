/** A rotation never encrypts data keys with a key that a running server does not have, whenever that server starts. */
import postgres from 'postgres'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { makeApp, type App } from '../../../src/app.ts'
import { createProject } from '../../../src/services/access/change-project.ts'
import { reencryptDataKeys } from '../../../src/services/installation/rotate-master-key.ts'
import { system } from '../../../src/runtime/system.ts'
import { fingerprintOf, type KeyRing } from '../../../src/runtime/crypto/secrets.ts'
import { version } from '../../../src/runtime/version.ts'
import { secretsOver } from '../../../src/storage.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'
import { nullLog } from '../../support/null-log.ts'
import { waitFor } from '../../support/wait-for.ts'
import { makeRecordingLog } from '../support/fixtures.ts'

const old = { id: 'test', key: Buffer.alloc(32, 7) }
const fresh = { id: 'k2', key: Buffer.alloc(32, 8) }
const print = fingerprintOf(fresh)

let server: TestServer
/** The log of the server, which has only the old key. */
let log: ReturnType<typeof makeRecordingLog>
const apps: App[] = []

beforeEach(async () => {
  log = makeRecordingLog()
  server = await startTestServer({ ROLES: 'api' }, log)
  await server.tenant()
  await server.tenant()
})
afterEach(async () => {
  for (const app of apps.splice(0)) await app.stop()
  await server.close()
})

const rotate = (keyRing: KeyRing, force: string | null = null) =>
  reencryptDataKeys({ store: server.admin, secrets: secretsOver(server.admin, keyRing) }, force)
const encryptedBy = () => server.admin.encryptionKeys()
const rows = () =>
  server.connections.sql<Record<string, unknown>[]>`select * from processes order by started_at, id`
const start = async (secretsKeys: KeyRing): Promise<App> => {
  const app = await makeApp({ ...server.config, port: 0, secretsKeys }, nullLog)
  apps.push(app)
  return app
}

describe('rotation of the master key', () => {
  test('a rotation of the master key is refused while a server lacks the new key, names the key and the process, and writes nothing', async () => {
    const [{ id = '' } = {}] = await rows()
    const refused = await rotate([fresh, old])
    expect(refused).toMatchObject({ ok: false, problems: [{ code: 'CONFLICT' }] })
    const text = JSON.stringify(refused)
    expect(text).toContain(`the key k2 (fingerprint ${print})`)
    expect(text).toContain(`process ${String(id)} (api, version ${version}, pid ${process.pid} on `)
    expect(text).toContain(`--force ${print}`)
    expect(text).not.toContain(fresh.key.toString('base64'))
    expect(await encryptedBy()).toEqual([{ keyId: 'test', dataKeys: 2 }])
  })

  test('a rotation of the master key with --force and the fingerprint of the first key succeeds, and with any other text is INVALID', async () => {
    for (const text of [fingerprintOf(old), 'k2', '', print.toUpperCase()])
      expect(await rotate([fresh, old], text)).toMatchObject({ ok: false, problems: [{ code: 'INVALID' }] })
    expect(await encryptedBy()).toEqual([{ keyId: 'test', dataKeys: 2 }])
    expect(await rotate([fresh, old], print)).toMatchObject({ ok: true, value: { reencrypted: 2, left: 0 } })
    expect(await encryptedBy()).toEqual([{ keyId: 'k2', dataKeys: 2 }])
  })

  test('a rotation of the master key is refused while one of two servers lacks the key or has another key of that name, and succeeds after its stop', async () => {
    const newServer = await start([old, fresh])
    expect(await rotate([fresh, old])).toMatchObject({ ok: false })
    await server.app.stop()
    const wrongServer = await start([old, { ...fresh, key: Buffer.alloc(32, 9) }])
    expect(await rotate([fresh, old])).toMatchObject({ ok: false })
    await wrongServer.stop()
    expect(await rotate([fresh, old])).toMatchObject({ ok: true, value: { reencrypted: 2, left: 0 } })
    expect(await rows()).toHaveLength(1)
    await newServer.stop()
    expect(await rows()).toEqual([])
  })

  test('a rotation of the master key succeeds without --force when the first key already encrypts all data keys', async () => {
    expect(await rotate([old])).toMatchObject({ ok: true, value: { reencrypted: 0, left: 0 } })
  })

  test('a rotation of the master key ignores a process that was last seen over a minute ago, unless its PostgreSQL session is open', async () => {
    const { sql } = server.connections
    await sql`insert into processes (id, roles, version, host, pid, key_fingerprints, seen_at)
      values ('prc_killed', '{dispatcher}', '0.1.0', 'far', 7, '{}', now() - interval '59 seconds')`
    await start([old, fresh])
    await server.app.stop()
    // Set again after the start, which takes seconds on a busy machine.
    await sql`update processes set seen_at = now() - interval '55 seconds' where id = 'prc_killed'`
    expect(JSON.stringify(await rotate([fresh, old]))).toContain(
      'process prc_killed (dispatcher, version 0.1.0, pid 7 on far)',
    )
    await sql`update processes set seen_at = now() - interval '61 seconds' where id = 'prc_killed'`
    const session = postgres(server.config.databaseUrl ?? '', {
      max: 1,
      connection: { application_name: 'shop orderbell-admin/prc_killed' },
    })
    await session`select 1`
    expect(JSON.stringify(await rotate([fresh, old]))).toContain('the process prc_killed at ')
    await session.end()
    await waitFor(async () => (await rotate([fresh, old])).ok, { what: 'the session to end' })
  })

  test('a rotation of the master key is refused while a server of an earlier version, which registers no process, has a PostgreSQL session', async () => {
    await start([old, fresh])
    await server.app.stop()
    for (const name of ['orderbell-door', 'shop orderbell-door']) {
      const session = postgres(server.config.databaseUrl ?? '', {
        max: 1,
        connection: { application_name: name },
      })
      const [row] = await session<{ pid: number }[]>`select pg_backend_pid() as pid`
      expect(JSON.stringify(await rotate([fresh, old]))).toContain(
        `the process of an earlier version at 127.0.0.1, whose session at PostgreSQL has the pid ${row?.pid}`,
      )
      await session.end()
      await waitFor(async () => (await sessions(name)) === 0, { what: 'the session to end' })
    }
    expect(await rotate([fresh, old])).toMatchObject({ ok: true })
  })
})

async function sessions(name: string): Promise<number> {
  const found = await server.connections.sql`select from pg_stat_activity
    where datname = current_database() and application_name = ${name}`
  return found.length
}

describe('start of a server without the new key', () => {
  /** Waits until a session waits for the advisory lock. */
  const waitForLockWait = () =>
    waitFor(
      async () =>
        (
          await server.connections.sql`select from pg_locks where locktype = 'advisory' and not granted
          and database = (select oid from pg_database where datname = current_database())`
        ).length > 0,
      { what: 'a session to wait for the lock' },
    )

  test('a server without the new key that starts during a rotation of the master key waits for it, and then refuses to start', async () => {
    await server.app.stop()
    const { sql } = server.connections
    const secrets = secretsOver(server.admin, [fresh, old])
    const dataKeys = await sql<{ id: string; encrypted: string }[]>`
      select id, sealed_data_key as encrypted from projects`
    // As a rotation does, without its commit.
    const holder = await sql.reserve()
    await holder.unsafe('begin; select pg_advisory_xact_lock(7146302)')
    for (const { id, encrypted } of dataKeys)
      await holder`update projects set sealed_data_key = ${secrets.reencrypt(id, encrypted)} where id = ${id}`
    const starting = start([old]).then(
      () => 'started',
      (error: unknown) => String(error),
    )
    await waitForLockWait()
    await holder.unsafe('commit')
    holder.release()
    expect(await starting).toContain('SECRETS_KEYS has no key k2')
    expect(await rows()).toEqual([])
  })

  test('a rotation of the master key that waits for a server to register is refused because that server lacks the new key', async () => {
    await server.app.stop()
    const holder = await server.connections.sql.reserve()
    await holder.unsafe('begin; select pg_advisory_xact_lock_shared(7146302)')
    const rotating = rotate([fresh, old])
    await waitForLockWait()
    await holder.unsafe(`insert into processes (id, roles, version, host, pid, key_fingerprints)
      values ('prc_starting', '{api}', '0.1.0', 'far', 7, '{${fingerprintOf(old)}}'); commit`)
    holder.release()
    expect(JSON.stringify(await rotating)).toContain('process prc_starting')
    expect(await encryptedBy()).toEqual([{ keyId: 'test', dataKeys: 2 }])
  })

  test('a server without the new key refuses to start after a rotation of the master key, and leaves no row in processes', async () => {
    await server.app.stop()
    expect(await rotate([fresh, old])).toMatchObject({ ok: true })
    await expect(start([old])).rejects.toThrow('SECRETS_KEYS has no key k2')
    expect(await rows()).toEqual([])
  })

  test('a server without the old key refuses to start while the old key encrypts data keys', async () => {
    await expect(start([fresh])).rejects.toThrow('SECRETS_KEYS has no key test')
  })
})

describe('process registry', () => {
  test('the registry lists the id, roles, version and key fingerprints of each running server, and the log has the fingerprint', async () => {
    await start([old, fresh])
    const live = await server.admin.liveProcesses()
    expect(live).toHaveLength(2)
    expect(live.find(({ keyFingerprints }) => keyFingerprints.length === 2)).toEqual({
      id: expect.stringMatching(/^prc_/) as unknown,
      ...{ roles: ['api'], version, pid: process.pid },
      host: expect.any(String) as unknown,
      keyFingerprints: [fingerprintOf(old), print],
      startedAt: expect.any(Date) as unknown,
    })
    const [line] = log.lines.filter(({ step }) => step === 'process.registered')
    expect(line?.fields['keys']).toEqual([{ id: 'test', fingerprint: fingerprintOf(old) }])
  })

  test('a server refreshes its row in the registry, and registers again when the row was deleted', async () => {
    const seen = async () => (await rows())[0]?.['seen_at']
    const first = await seen()
    await waitFor(async () => (await seen()) !== undefined && String(await seen()) !== String(first), {
      what: 'the row to be refreshed',
    })
    await server.connections.sql`delete from processes`
    await waitFor(async () => (await rows()).length === 1, { what: 'the server to register again' })
    expect(log.lines.map(({ step }) => step)).toContain('process.refresh-recovered')
  })

  test('a server that lacks a key after a rotation of the master key that took it for dead logs process.refresh-failed with the missing key', async () => {
    await server.connections.sql`update processes set seen_at = now() - interval '2 minutes'`
    await rotate([fresh, old], print)
    await waitFor(() => log.lines.some(({ step }) => step === 'process.refresh-failed'), {
      what: 'the log line',
    })
    const line = log.lines.find(({ step }) => step === 'process.refresh-failed')
    expect(String(line?.fields['cause'])).toContain('SECRETS_KEYS has no key k2')
  })
})

test('a new project is encrypted with the first key that all running servers have', async () => {
  const create = async (keyRing: KeyRing) => {
    const deps = { store: server.admin, system, secrets: secretsOver(server.admin, keyRing) }
    const made = await createProject(deps, { name: 'New' })
    if (!made.ok) throw new Error('expected a project')
    return (await server.admin.encryptedDataKey(made.value.id))?.split('.')[1]
  }
  expect(await create([fresh, old])).toBe('test')
  await start([old, fresh])
  expect(await create([fresh, old])).toBe('test')
  await server.app.stop()
  expect(await create([fresh, old])).toBe('k2')
})
