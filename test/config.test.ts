/** The settings: which values are accepted, which are refused, and that a refusal names each fault and shows no secret. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ConfigFault, readConfig } from '../src/config.ts'
import { settings } from '../src/settings/settings.ts'
import { endAll, run, serverByNode, type Environment, type Exit } from './system/support/process.ts'
import { refusedStart } from './system/support/refused-start.ts'
import { migratedDatabase, type FreshDatabase } from './support/postgres.ts'
import { redisKillable, warnSkipped, startRedis } from './support/redis.ts'

const secret = 'hunter2secret'
const aKey = Buffer.alloc(32, 1).toString('base64')
const processTimeoutMs = 60_000

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'orderbell-config-'))
})
afterAll(async () => {
  await endAll()
  await rm(folder, { recursive: true, force: true })
})

function faultsOf(environment: Environment): readonly string[] {
  try {
    readConfig(environment)
  } catch (error) {
    if (error instanceof ConfigFault) return error.faults
    throw error
  }
  return []
}

describe('settings', () => {
  it('an empty environment is valid: every setting has a default', () => {
    expect(readConfig({})).toEqual({
      port: 4000,
      host: '127.0.0.1',
      databaseUrl: undefined,
      redisUrl: undefined,
      dataDir: resolve('.orderbell'),
      roles: ['api', 'dispatcher'],
      secretsKeys: undefined,
      sendAllowedNetworks: [],
      sendAllowHttp: false,
      sendAllowMetadata: false,
      sendAllowNat64: false,
      sendMaxPerHost: 100,
      sendCa: undefined,
      publicUrl: 'http://127.0.0.1:4000/',
      allowedOrigins: [],
      trustedProxies: [],
      rateCostPerMinute: 1_500_000,
      rateMutationsPerMinute: 12_000,
      rateFailedAuthPerMinute: 100,
      rateKeylessPerMinute: 6_000,
      keepAliveSeconds: 75,
      retentionDays: 30,
      introspection: true,
      production: false,
      logLevel: 'info',
    })
  })

  it.each([
    [{ HOST: '0.0.0.0', PORT: '8080' }, 'http://0.0.0.0:8080/'],
    [{ HOST: '::1' }, 'http://[::1]:4000/'],
    [{ PUBLIC_URL: 'https://bell.example' }, 'https://bell.example/'],
    [{ PUBLIC_URL: 'https://bell.example/a b' }, 'https://bell.example/a%20b'],
    [{ PUBLIC_URL: 'https://glöckchen.example/' }, 'https://xn--glckchen-o4a.example/'],
  ])('the public URL for %j is %s', (environment, url) => {
    expect(readConfig(environment).publicUrl).toBe(url)
  })

  it.each([
    'bell.example',
    'ftp://bell.example/',
    'http://',
    'https://me:pw@bell.example/',
    'https://me@bell.example/',
  ])('PUBLIC_URL=%s is refused', (text) => {
    expect(faultsOf({ PUBLIC_URL: text })).toEqual([
      'PUBLIC_URL must be a URL such as https://orderbell.example/, without user or password',
    ])
  })

  it.each([
    'SEND_ALLOW_HTPP',
    'SEND_ALLOWED_NETWORK',
    'RATE_COST_PER_SECOND',
    'SECRETS_KEY',
    'TRUSTED_PROXY',
    'RETENTION_DAY',
  ])('the unknown setting %s is refused without its value', (name) => {
    const [fault, ...more] = faultsOf({ [name]: 'hunter2' })
    expect(more).toEqual([])
    expect(fault).toContain(`${name} is not a setting`)
    expect(fault).not.toContain('hunter2')
  })

  it('environment variables of other programs are ignored', () => {
    expect(readConfig({ SENDGRID_API_KEY: 'x', SECRETS_MANAGER: 'x', RATE: '7' })).toEqual(readConfig({}))
  })

  it('empty settings count as not set', () => {
    const empty = Object.fromEntries(Object.keys(settings).map((name) => [name, '']))

    expect(readConfig(empty)).toEqual(readConfig({}))
  })

  it('every setting is parsed from its text', () => {
    const config = readConfig({
      PORT: '0',
      ADMIN_PORT: '9000',
      DATABASE_URL: 'postgresql://u:p%25@db:5432/x\n',
      REDIS_URL: 'rediss://r:6379/2',
      DATA_DIR: '/var/lib/x',
      ROLES: ' dispatcher ',
      SECRETS_KEYS: `k2:${aKey},k1:${Buffer.alloc(32, 2).toString('base64')}`,
      SEND_ALLOWED_NETWORKS: '10.0.0.0/8, fd00::/8',
      SEND_ALLOW_HTTP: 'true',
      SEND_ALLOW_METADATA: 'true',
      SEND_ALLOW_NAT64: 'true',
      SEND_MAX_PER_HOST: '20',
      TRUSTED_PROXIES: '10.1.0.0/16, fd01::/16',
      RATE_COST_PER_MINUTE: '1000',
      RATE_MUTATIONS_PER_MINUTE: '100',
      RATE_FAILED_AUTH_PER_MINUTE: '10',
      RETENTION_DAYS: '3650',
      SEND_CA_FILE: fileURLToPath(new URL('./unit/sender/fixtures/ca.pem', import.meta.url)),
      NODE_ENV: 'production',
    })

    expect(config).toMatchObject({
      port: 0,
      adminPort: 9_000,
      databaseUrl: 'postgresql://u:p%25@db:5432/x',
      redisUrl: 'rediss://r:6379/2',
      dataDir: '/var/lib/x',
      roles: ['dispatcher'],
      sendAllowedNetworks: ['10.0.0.0/8', 'fd00::/8'],
      sendAllowHttp: true,
      sendAllowMetadata: true,
      sendAllowNat64: true,
      sendMaxPerHost: 20,
      trustedProxies: ['10.1.0.0/16', 'fd01::/16'],
      rateCostPerMinute: 1_000,
      rateMutationsPerMinute: 100,
      rateFailedAuthPerMinute: 10,
      retentionDays: 3_650,
      introspection: false,
      production: true,
    })
    expect(config.secretsKeys?.map(({ id }) => id)).toEqual(['k2', 'k1'])
    expect(config.sendCa).toContain('CERTIFICATE')
  })

  it('production requires SECRETS_KEYS, and the message says how to generate them', () => {
    expect(faultsOf({ NODE_ENV: 'production' })).toEqual([
      expect.stringMatching(/^SECRETS_KEYS is required in production: set it .*openssl rand -base64 32/),
    ])
    expect(faultsOf({ NODE_ENV: 'production', SECRETS_KEYS: `k1:${aKey}` })).toEqual([])
  })

  it.each([
    ['PORT', 'abc'],
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['DATABASE_URL', `mysql://u:${secret}@h/x`],
    ['DATABASE_URL', secret],
    ['DATABASE_URL', `postgres://u:${secret}%zz@h/x`],
    ['REDIS_URL', `http://u:${secret}@h`],
    ['ADMIN_PORT', '65536'],
    ['ROLES', 'worker'],
    ['ROLES', ','],
    ['SECRETS_KEYS', secret],
    ['SECRETS_KEYS', `k1:${Buffer.from(secret).toString('base64')}`],
    ['SECRETS_KEYS', `k1:${aKey},k1:${aKey}`],
    ['SECRETS_KEYS', `k.1:${aKey}`],
    ['SEND_ALLOWED_NETWORKS', '10.0.0.0'],
    ['SEND_ALLOWED_NETWORKS', '10.0.0.0/33'],
    ['SEND_ALLOWED_NETWORKS', '10/8'],
    ['SEND_ALLOWED_NETWORKS', 'fe80::1%eth0/64'],
    ['TRUSTED_PROXIES', 'fe80::%1/64'],
    ['HOST', '999.1.1.1'],
    ['HOST', 'two words'],
    ['HOST', '[::1'],
    ['SEND_ALLOW_HTTP', 'yes'],
    ['SEND_ALLOW_METADATA', '1'],
    ['SEND_ALLOW_NAT64', 'on'],
    ['SEND_MAX_PER_HOST', '0'],
    ['SEND_MAX_PER_HOST', '10000'],
    ['SEND_MAX_PER_HOST', '1.5'],
    ['SEND_CA_FILE', '/no/such/file'],
    ['DATABASE_CA_FILE', '/no/such/file'],
    ['DATABASE_CA_FILE', fileURLToPath(new URL('../package.json', import.meta.url))],
    ['SEND_CA_FILE', fileURLToPath(new URL('../package.json', import.meta.url))],
    ['SEND_CA_FILE', tmpdir()],
    ['TRUSTED_PROXIES', 'loopback'],
    ['RATE_COST_PER_MINUTE', '999'],
    ['RATE_COST_PER_MINUTE', '1e6'],
    ['RATE_MUTATIONS_PER_MINUTE', '99'],
    ['RATE_MUTATIONS_PER_MINUTE', '-1'],
    ['RATE_FAILED_AUTH_PER_MINUTE', '9'],
    ['RATE_FAILED_AUTH_PER_MINUTE', '1000000001'],
    ['RETENTION_DAYS', '0'],
    ['RETENTION_DAYS', '3651'],
    ['RETENTION_DAYS', '1.5'],
    ['RETENTION_DAYS', '-1'],
    ['RETENTION_DAYS', 'for ever'],
    ['INTROSPECTION', '1'],
    ['NODE_ENV', 'prod'],
    ['LOG_LEVEL', 'loud'],
  ])('%s=%s is refused in one line with the name of the setting and without its value', (name, value) => {
    const faults = faultsOf({ [name]: value })

    expect(faults).toHaveLength(1)
    expect(faults[0]).toMatch(new RegExp(`^${name} must .{10}`))
    expect(faults[0]).not.toContain(secret)
    expect(faults[0]).not.toContain(aKey)
    expect(faults[0]).not.toContain('\n')
  })
})

it('a SEND_CA_FILE with a broken certificate is refused', async () => {
  const path = join(folder, 'broken.pem')
  await writeFile(path, '-----BEGIN CERTIFICATE-----\nbm8=\n-----END CERTIFICATE-----\n')

  expect(faultsOf({ SEND_CA_FILE: path })).toEqual([expect.stringMatching(/^SEND_CA_FILE must .* PEM/)])
})

const allInvalid = {
  ROLES: 'x,y',
  NODE_ENV: 'prod',
  INTROSPECTION: '1',
  LOG_LEVEL: 'loud',
  PORT: 'abc',
  DATABASE_URL: `mysql://u:${secret}@h/x`,
  DATABASE_CA_FILE: '/nope',
  REDIS_URL: `redi://:${secret}@h`,
  SECRETS_KEYS: secret,
  SEND_ALLOWED_NETWORKS: 'home',
  SEND_ALLOW_HTTP: 'yes',
  SEND_ALLOW_METADATA: 'yes',
  SEND_ALLOW_NAT64: 'yes',
  SEND_MAX_PER_HOST: 'many',
  SEND_CA_FILE: '/nope',
}

/** Starts the server with settings that it must refuse, in a process. */
function refusedProcess(environment: Environment): Promise<Exit> {
  return run(serverByNode, { PORT: '0', DATA_DIR: join(folder, 'data'), ...environment }).ended
}

describe('server with unusable settings', () => {
  let database: FreshDatabase
  beforeAll(async () => {
    database = await migratedDatabase()
  })
  afterAll(() => database.drop())

  it('reports all invalid settings together, without secrets and stack, and exits with 1', async () => {
    const { code, stderr, stdout } = await refusedProcess(allInvalid)

    expect(code).toBe(1)
    expect(stdout).toBe('')
    const [heading, ...faults] = stderr.trimEnd().split('\n')
    expect(heading).toBe('The settings are invalid:')
    expect(faults.map((fault) => fault.trim().split(' ')[0])).toEqual(Object.keys(allInvalid))
    expect(stderr).not.toContain(secret)
    expect(stderr).not.toMatch(/ {4}at /)
  })

  it(
    'exits with one line that the password of DATABASE_URL is wrong',
    { timeout: processTimeoutMs },
    async () => {
      const url = new URL(database.url)
      const right = url.password
      url.password = secret

      const { code, stdout, stderr } = await refusedProcess({ DATABASE_URL: url.href })

      expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
      expectOneLine(stderr.trimEnd(), 'DATABASE_URL', 'password authentication failed')
      expect(stderr).not.toContain(right)
    },
  )

  const refusal = (environment: Environment): Promise<string> =>
    refusedStart({ DATABASE_URL: database.url, ...environment })

  it.each([
    [
      'a PostgreSQL that does not run',
      { DATABASE_URL: `postgres://u:${secret}@127.0.0.1:1/x` },
      'ECONNREFUSED',
    ],
    ['a Redis that does not run', { REDIS_URL: `redis://:${secret}@127.0.0.1:1` }, 'ECONNREFUSED'],
    ['a name that does not resolve', { REDIS_URL: `redis://:${secret}@no-such.invalid` }, 'no-such.invalid'],
    ['an address of another machine', { HOST: '203.0.113.9' }, 'EADDRNOTAVAIL'],
  ])('is refused with one line that the setting names %s', async (_what, environment, reason) => {
    const [name = ''] = Object.keys(environment)
    expectOneLine(await refusal({ ...environment, LOG_LEVEL: 'error' }), name, reason)
  })

  it('is refused with one line that the database of DATABASE_URL does not exist', async () => {
    const url = new URL(database.url)
    url.pathname = '/nowhere'

    const message = await refusal({ DATABASE_URL: url.href })

    expectOneLine(message, 'DATABASE_URL', 'database "nowhere" does not exist')
    expect(message).not.toContain(url.password)
  })

  it('is refused when PostgreSQL or Redis accepts the connection and does not answer', async () => {
    const silent = createServer().listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const address = silent.address()
    const host = `127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}`

    const [postgres, redis] = await Promise.all([
      refusal({ DATABASE_URL: `postgres://u:${secret}@${host}/x` }),
      refusal({ REDIS_URL: `redis://:${secret}@${host}` }),
    ])

    expectOneLine(postgres, 'DATABASE_URL', 'CONNECT_TIMEOUT')
    expectOneLine(redis, 'REDIS_URL', 'no answer within')
    silent.close()
  })

  it.skipIf(!redisKillable())(
    'is refused with one line that the password of REDIS_URL is wrong',
    async () => {
      const redis = await startRedis()
      const url = new URL(redis.url)
      url.username = 'unknown'
      url.password = secret

      expectOneLine(await refusal({ REDIS_URL: url.href }), 'REDIS_URL', 'WRONGPASS')
      await redis.stop()
    },
  )
})

warnSkipped('a REDIS_URL with a wrong password')

function expectOneLine(text: string, setting: string, reason: string): void {
  expect(text.split('\n'), 'one line').toHaveLength(1)
  expect(text).toMatch(new RegExp(`^${setting} `))
  expect(text).toContain(reason)
  expect(text).not.toContain(secret)
}
