/**
 * The table of all settings: environment variable, parser, default and meaning. The server reads its environment by
 * this table, `--help` prints it, and docs/configuration.md is generated from it.
 */
import { z } from 'zod'
import { logLevels } from '../runtime/log.ts'
import type { Setting } from './setting.ts'
import {
  count,
  databaseUrl,
  flag,
  host,
  keyRing,
  networks,
  origins,
  pemFile,
  port,
  publicUrl,
  redisUrl,
  roleList,
} from './values.ts'

/** Twice the window of a lane (50): one busy webhook leaves half of the requests to the other webhooks at its host. */
const defaultMaxPerHost = '100'

/** An upper bound for numbers that have no other one. */
const billion = 1_000_000_000

const processSettings = {
  ROLES: {
    group: 'Process',
    value: roleList.prefault('api,dispatcher'),
    meaning: 'What this process does: `api`, `dispatcher`, or both.',
  },
  NODE_ENV: {
    group: 'Process',
    value: z
      .enum(['development', 'test', 'production'], { error: 'must be development, test or production' })
      .prefault('development'),
    meaning: '`development`, `test` or `production`.',
  },
  INTROSPECTION: {
    group: 'Process',
    value: flag.optional(),
    computedDefault: '`true`; in production `false`',
    meaning: 'Whether clients may query the schema.',
  },
  LOG_LEVEL: {
    group: 'Process',
    value: z.enum(logLevels, { error: `must be one of ${logLevels.join(', ')}` }).prefault('info'),
    meaning: `${logLevels
      .slice(0, -1)
      .map((level) => `\`${level}\``)
      .join(', ')} or \`${logLevels.at(-1) ?? ''}\`.`,
  },
} as const satisfies Readonly<Record<string, Setting>>

const networkSettings = {
  PORT: {
    group: 'Network',
    value: port.prefault('4000'),
    meaning: 'The port of the API; `0` uses any free port.',
  },
  HOST: {
    group: 'Network',
    value: host.prefault('127.0.0.1'),
    meaning: 'The address that the API listens on.',
  },
  ADMIN_PORT: {
    group: 'Network',
    value: port.optional(),
    computedDefault: '`PORT`',
    meaning: 'An additional port for the [health checks](operations.md#health-checks).',
  },
  PUBLIC_URL: {
    group: 'Network',
    value: publicUrl.optional(),
    computedDefault: '`http://HOST:PORT/`',
    unit: 'URL',
    meaning:
      'The URL by which browsers reach this server. Orderbell names itself by it to receivers, in `X-FE-Webhook-Source` of `FAST_EVENTS`. No user or password.',
  },
  ALLOWED_ORIGINS: {
    group: 'Network',
    value: origins.prefault(''),
    unit: 'origins',
    meaning:
      "Pages, besides this server's own, that may send requests (CORS) and use [sessions](keys-and-roles.md#sessions), such as `https://shop.example`.",
  },
  TRUSTED_PROXIES: {
    group: 'Network',
    value: networks.prefault(''),
    unit: 'CIDRs',
    meaning: 'Your reverse proxies. Their `X-Forwarded-For` or `Forwarded` names the client.',
  },
  KEEP_ALIVE_SECONDS: {
    group: 'Network',
    // Longer than the idle timeouts of load balancers, because the client side of a connection must close it first.
    value: count(1, 3_600).prefault('75'),
    unit: 'seconds, 1 to 3600',
    meaning: 'How long the API keeps an idle connection for the next request.',
  },
} as const satisfies Readonly<Record<string, Setting>>

const storageSettings = {
  DATABASE_URL: {
    group: 'Storage',
    value: databaseUrl.optional(),
    meaning: 'Your PostgreSQL 14 or newer.',
    see: '[Connection strings](operations.md#connection-strings)',
  },
  DATABASE_CA_FILE: {
    group: 'Storage',
    value: pemFile.optional(),
    unit: 'PEM',
    meaning:
      'The authority that signed the certificate of the server in `DATABASE_URL`; the certificate is then verified.',
  },
  REDIS_URL: {
    group: 'Storage',
    value: redisUrl.optional(),
    meaning:
      'Your Redis or Valkey, for the queue, the rate limits and the change notifications between processes.',
  },
  DATA_DIR: {
    group: 'Storage',
    value: z.string().prefault('./.orderbell'),
    meaning: 'The data of the embedded PostgreSQL, and the generated key if `SECRETS_KEYS` is not set.',
  },
  RETENTION_DAYS: {
    group: 'Storage',
    value: count(1, 3_650).prefault('30'),
    unit: 'days, 1 to 3650',
    meaning: 'How long attempts and finished deliveries are kept.',
    see: '[How long things are kept](operations.md#how-long-things-are-kept)',
  },
} as const satisfies Readonly<Record<string, Setting>>

const secretSettings = {
  SECRETS_KEYS: {
    group: 'Secrets',
    value: keyRing.optional(),
    unit: 'base64 of 32 bytes each',
    meaning:
      '`k2:...,k1:...`: the first key encrypts, all keys decrypt. Required when `NODE_ENV=production`.',
  },
} as const satisfies Readonly<Record<string, Setting>>

const sendingSettings = {
  SEND_ALLOWED_NETWORKS: {
    group: 'Sending',
    value: networks.prefault(''),
    unit: 'CIDRs',
    meaning: 'Networks that requests may reach in addition to the public internet: `10.0.0.0/8,fd00::/8`.',
  },
  SEND_ALLOW_HTTP: {
    group: 'Sending',
    value: flag.prefault('false'),
    meaning: 'Whether requests may be sent over plain http.',
  },
  SEND_ALLOW_METADATA: {
    group: 'Sending',
    value: flag.prefault('false'),
    meaning: 'Whether `SEND_ALLOWED_NETWORKS` may include metadata addresses.',
  },
  SEND_ALLOW_NAT64: {
    group: 'Sending',
    value: flag.prefault('false'),
    meaning: 'Whether an address in `64:ff9b::/96` is checked by the IPv4 address that it contains.',
  },
  SEND_MAX_PER_HOST: {
    group: 'Sending',
    value: count(1, 9_999).prefault(defaultMaxPerHost),
    unit: 'requests, 1 to 9999',
    meaning: 'The maximum number of concurrent requests to one host from one process, over all projects.',
  },
  SEND_CA_FILE: {
    group: 'Sending',
    value: pemFile.optional(),
    unit: 'PEM',
    meaning: 'Certificates to trust in addition to the default ones. Verification is never skipped.',
  },
} as const satisfies Readonly<Record<string, Setting>>

const rateSettings = {
  // The frontend of a busy platform queries a board of orders about 100 times a second, at 20 to 100 points each. A new
  // installation registers a thousand webhooks at once, at 1,000 points each. The default is above both. The minimum is
  // enough for any single operation.
  RATE_COST_PER_MINUTE: {
    group: 'Rate limits',
    value: count(1_000, billion).prefault('1500000'),
    unit: 'points, 1,000 or more',
    meaning: 'The [cost](#cost) of all operations of one key in a minute.',
  },
  // 200 mutations a second through one key, 17 million a day. Enough for a platform that imports its orders as fast as
  // it can.
  RATE_MUTATIONS_PER_MINUTE: {
    group: 'Rate limits',
    value: count(100, billion).prefault('12000'),
    unit: 'changes, 100 or more',
    meaning: 'The changes of one key in a minute.',
  },
  RATE_FAILED_AUTH_PER_MINUTE: {
    group: 'Rate limits',
    value: count(10, billion).prefault('100'),
    unit: 'failures, 10 or more',
    meaning: 'Failed authentications from one address in a minute.',
  },
  // 100 requests a second. Health checks arrive a few times a second, and dozens of users may open GraphiQL.
  RATE_KEYLESS_PER_MINUTE: {
    group: 'Rate limits',
    value: count(60, billion).prefault('6000'),
    unit: 'requests, 60 or more',
    meaning:
      'Requests without a valid key from one address in a minute. A sixth of this number may arrive at once.',
  },
} as const satisfies Readonly<Record<string, Setting>>

/** All settings by the name of the environment variable, in the order of the documentation. */
export const settings = {
  ...processSettings,
  ...networkSettings,
  ...storageSettings,
  ...secretSettings,
  ...sendingSettings,
  ...rateSettings,
}

type Settings = typeof settings
type Parsers = { [Name in keyof Settings]: Settings[Name]['value'] }

/** Parses all settings together, so that all invalid ones are reported. */
export const settingsSchema = z.object(
  Object.fromEntries(Object.entries(settings).map(([name, { value }]) => [name, value])) as Parsers,
)
