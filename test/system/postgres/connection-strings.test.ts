/** Connection strings as hosting providers issue them, with both drivers, against a real PostgreSQL. */
import pg from 'pg'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { postgresJsOptions, pgOptions } from '../../../src/postgres/options.ts'
import { resolveSslmode } from '../../../src/postgres/resolve-sslmode.ts'
import { adviceFor } from '../../../src/postgres/connection-errors.ts'
import { openRelay } from '../../support/network/relay.ts'
import { openOwnCluster, type OwnCluster } from '../../support/database/own-cluster.ts'

let cluster: OwnCluster
beforeAll(async () => {
  cluster = await openOwnCluster()
})
afterAll(() => cluster.close())

interface Found {
  readonly tls: boolean
  readonly port: number | null
  readonly name: string
  readonly setting: string | null
}

const question = `
  select (select ssl from pg_stat_ssl where pid = pg_backend_pid()) as tls, inet_server_port() as port,
    current_setting('application_name') as name, current_setting('a.b', true) as setting`

async function connectWithPostgresJs(url: string): Promise<Found> {
  const sql = postgres({ ...postgresJsOptions(url, { name: 'test' }), max: 1 })
  try {
    const [found] = await sql.unsafe<Found[]>(question)
    return found as Found
  } finally {
    await sql.end({ timeout: 1 })
  }
}

async function connectWithPg(url: string): Promise<Found> {
  const pool = new pg.Pool({ ...pgOptions(url, { name: 'test' }), max: 1 })
  pool.on('error', () => undefined)
  try {
    const { rows } = await pool.query<Found>(question)
    return rows[0] as Found
  } finally {
    await pool.end()
  }
}

/** Connects with both drivers after the TLS choice of the start, and checks that both see the same session. */
async function connectWithBoth(url: string): Promise<Found> {
  const settled = await resolveSslmode(url)
  const found = await connectWithPostgresJs(settled)
  expect(await connectWithPg(settled)).toEqual(found)
  return found
}

/** The refusals of both drivers, as the start prints them. */
async function refusal(url: string): Promise<readonly string[]> {
  const settled = await resolveSslmode(url)
  const faults = await Promise.all(
    [connectWithPostgresJs(settled), connectWithPg(settled)].map((connecting) =>
      connecting.then(
        () => 'not refused',
        (error: unknown) => adviceFor(error) ?? (error instanceof Error ? error.message : String(error)),
      ),
    ),
  )
  return faults
}

/** 127.0.0.1, because `localhost` may resolve to ::1 first, where no server listens. */
const at = (query: string, host = '127.0.0.1', user = 'orderbell'): string =>
  `postgres://${user}:of-a-test@${host}:${cluster.port}/orderbell?${query}`

describe('TLS', () => {
  test.each(['sslmode=require', 'sslmode=prefer', 'sslmode=allow', 'sslmode=no-verify', 'ssl=no-verify'])(
    'a URL with %s encrypts without verifying the certificate',
    async (query) => {
      expect(await connectWithBoth(at(query))).toMatchObject({ tls: true })
    },
  )

  test.each(['', 'sslmode=disable', 'ssl=false'])('a URL with "%s" does not encrypt', async (query) => {
    expect(await connectWithBoth(at(query))).toMatchObject({ tls: false })
  })

  test.each([
    'sslmode=verify-full',
    'sslmode=verify-ca',
    'sslmode=require',
    'sslmode=require&channel_binding=require',
    'ssl=true',
    '',
  ])('a URL with "%s" and the certificate authority of the server connects with TLS', async (query) => {
    expect(await connectWithBoth(at(`${query}&sslrootcert=${cluster.caFile}`))).toMatchObject({ tls: true })
  })

  test.each(['sslmode=verify-full', 'sslmode=verify-ca', 'sslmode=require', ''])(
    'a URL with "%s" and another certificate authority is refused with a message that names DATABASE_CA_FILE',
    async (query) => {
      const faults = await refusal(at(`${query}&sslrootcert=${cluster.otherCaFile}`))
      for (const fault of faults) expect(fault).toMatch(/not trusted .*DATABASE_CA_FILE/)
    },
  )

  test.each(['sslmode=verify-full', 'sslmode=require&channel_binding=require', 'ssl=true'])(
    'a URL with %s and no certificate authority is refused with a message that names DATABASE_CA_FILE',
    async (query) => {
      for (const fault of await refusal(at(query))) expect(fault).toMatch(/not trusted .*DATABASE_CA_FILE/)
    },
  )

  test('verify-full refuses a host name that is not in the certificate; verify-ca accepts it', async () => {
    // All of 127.0.0.0/8 is this machine; the certificate is for 127.0.0.1.
    const behind = await openRelay(cluster.port)
    const url = (mode: string) =>
      `postgres://orderbell:of-a-test@127.0.0.2:${behind.port}/orderbell?sslmode=${mode}&sslrootcert=${cluster.caFile}`
    for (const fault of await refusal(url('verify-full'))) expect(fault).toContain('is for another name')
    expect(await connectWithBoth(url('verify-ca'))).toMatchObject({ tls: true })
    await behind.close()
  })

  test('sslmode=require refuses a server without TLS; prefer accepts it', async () => {
    const plain = inject('postgresUrl')
    for (const fault of await refusal(`${plain}?sslmode=require`))
      expect(fault).toContain('does not offer TLS')
    expect(await connectWithBoth(`${plain}?sslmode=prefer`)).toMatchObject({ tls: false })
  })

  test('a URL without TLS to a server that requires TLS is refused with a message that names sslmode=require', async () => {
    for (const fault of await refusal(at('', '127.0.0.1', 'tls_only')))
      expect(fault).toContain('sslmode=require')
    expect(await connectWithBoth(at('sslmode=require', '127.0.0.1', 'tls_only'))).toMatchObject({ tls: true })
  })

  test('sslnegotiation=direct connects with TLS', async () => {
    expect(await connectWithBoth(at('sslmode=require&sslnegotiation=direct'))).toMatchObject({ tls: true })
  })
})

describe('Unix socket', () => {
  const socket = (prefix: string, more = '') =>
    `postgres://${prefix}/orderbell?host=${cluster.socketFolder}&port=${cluster.port}${more}`

  test('a Unix socket with peer authentication connects without user and password', async () => {
    expect(await connectWithBoth(socket(''))).toMatchObject({ tls: false, port: null })
  })

  test('a Unix socket URL with a host and sslmode=require, as Cloud SQL issues it, connects', async () => {
    const { username } = await import('node:os').then(({ userInfo }) => userInfo())
    expect(await connectWithBoth(socket(`${username}:x@localhost`, '&sslmode=require'))).toMatchObject({
      port: null,
    })
  })
})

describe('multiple hosts', () => {
  const hosts = (list: readonly number[], query = '') =>
    `postgres://orderbell:of-a-test@${list.map((port) => `127.0.0.1:${port}`).join(',')}/orderbell?${query}`
  const dead = 1

  test('a host that does not answer is skipped', async () => {
    expect(await connectWithBoth(hosts([dead, cluster.port]))).toMatchObject({ port: cluster.port })
  })

  test.each(['read-write', 'primary'])('target_session_attrs=%s skips a standby', async (attributes) => {
    const url = hosts([dead, cluster.standbyPort, cluster.port], `target_session_attrs=${attributes}`)
    expect(await connectWithBoth(url)).toMatchObject({ port: cluster.port })
  })

  test('target_session_attrs=read-write refuses a primary that is read-only by default; primary accepts it', async () => {
    const admin = postgres(cluster.url, { max: 1, onnotice: () => undefined })
    await admin.unsafe('alter role tls_only set default_transaction_read_only = on')
    const url = (attributes: string) =>
      at(`sslmode=require&target_session_attrs=${attributes}`, '127.0.0.1', 'tls_only')
    for (const fault of await refusal(url('read-write'))) expect(fault).toContain('is read-only')
    expect(await connectWithBoth(url('primary'))).toMatchObject({ tls: true })
    await admin.unsafe('alter role tls_only reset default_transaction_read_only')
    await admin.end()
  })

  test('TLS to each of several hosts is verified', async () => {
    const url = hosts([dead, cluster.port], `sslmode=verify-full&sslrootcert=${cluster.caFile}`)
    expect(await connectWithBoth(url)).toMatchObject({ tls: true, port: cluster.port })
    const other = hosts([dead, cluster.port], `sslmode=verify-full&sslrootcert=${cluster.otherCaFile}`)
    for (const fault of await refusal(other)) expect(fault).toContain('DATABASE_CA_FILE')
  })

  test('a list of hosts without a usable one fails with an error that names each host and not the password', async () => {
    const faults = await refusal(hosts([dead, dead + 1, cluster.standbyPort], 'target_session_attrs=primary'))
    for (const fault of faults) {
      expect(fault).toContain('127.0.0.1:1 failed: connect ECONNREFUSED')
      expect(fault).toContain(`127.0.0.1:${cluster.standbyPort} is a standby`)
      expect(fault).not.toContain('of-a-test')
    }
  })
})

test('a role without a free connection is refused with a message that says which limit to raise', async () => {
  const admin = postgres(cluster.url, { max: 1, onnotice: () => undefined })
  await admin.unsafe(`create role crowded login connection limit 0 password 'of-a-test'`)
  for (const fault of await refusal(at('', '127.0.0.1', 'crowded')))
    expect(fault).toMatch(/no free connection \(too many connections for role "crowded"\): raise/)
  await admin.end()
})

describe('session parameters of the URL', () => {
  test('application_name of the URL is prefixed to the name of the pool', async () => {
    expect(await connectWithBoth(at('application_name=shop'))).toMatchObject({ name: 'shop test' })
  })

  test('a long or non-ASCII application_name is shortened so that the name of the pool fits', async () => {
    for (const name of ['é'.repeat(30), 'x'.repeat(90)])
      expect((await connectWithBoth(at(`application_name=${encodeURIComponent(name)}`))).name).toMatch(
        /^.{30,58} test$/,
      )
  })

  test('options of the URL are passed to the session and do not override the settings that Orderbell needs', async () => {
    const url = at(`options=${encodeURIComponent('-c a.b=from\\ the\\ URL -c datestyle=German')}`)
    expect(await connectWithBoth(url)).toMatchObject({ setting: 'from the URL' })
    const sql = postgres({ ...postgresJsOptions(url, { name: 'test' }), max: 1 })
    expect(await sql`show datestyle`).toMatchObject([{ DateStyle: 'ISO, MDY' }])
    await sql.end()
  })

  test('connect_timeout=1 ends a connection attempt to a silent server within 8 s', async () => {
    const silent = await openRelay(null)
    const url = `postgres://u:p@127.0.0.1:${silent.port}/d?connect_timeout=1`
    const startedAt = performance.now()
    await expect(connectWithPostgresJs(url)).rejects.toThrow('CONNECT_TIMEOUT')
    await expect(connectWithPg(url)).rejects.toThrow(/timeout/)
    expect(performance.now() - startedAt).toBeLessThan(8_000)
    await silent.close()
  })
})
