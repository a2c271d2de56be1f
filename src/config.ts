/**
 * Reads and validates the settings. No other module reads the environment. All invalid settings are reported together,
 * each with its name and the fix, and without the value of a setting that may contain a secret.
 */
import { resolve } from 'node:path'
import type { z } from 'zod'
import { isSocket, readAddress, withParameter } from './postgres/address.ts'
import type { LogLevel } from './runtime/log.ts'
import type { KeyRing } from './runtime/crypto/secrets.ts'
import { settings, settingsSchema } from './settings/settings.ts'
import { hostInUrl, readPem, type Role } from './settings/values.ts'

/** The settings as the parts of the process use them. */
export interface Config {
  readonly port: number
  /** The port of the health checks; undefined: `port`. */
  readonly adminPort: number | undefined
  readonly host: string
  /** Undefined: the embedded PostgreSQL, in `dataDir`. */
  readonly databaseUrl: string | undefined
  /** Undefined: the queue is stored in PostgreSQL. */
  readonly redisUrl: string | undefined
  /** An absolute path. */
  readonly dataDir: string
  readonly roles: readonly Role[]
  /** Undefined: a key is generated once and stored in `dataDir`. */
  readonly secretsKeys: KeyRing | undefined
  /** CIDRs to which the guarded sender may send, in addition to public addresses. */
  readonly sendAllowedNetworks: readonly string[]
  readonly sendAllowHttp: boolean
  /** Whether the allowed networks may include metadata addresses. */
  readonly sendAllowMetadata: boolean
  /** Whether a NAT64 address is checked by the IPv4 address it contains. */
  readonly sendAllowNat64: boolean
  /** Maximum requests in flight to one host from this process, for all projects together. */
  readonly sendMaxPerHost: number
  /** PEM text of certificates that the sender trusts in addition to the default ones. */
  readonly sendCa: string | undefined
  /** The URL by which requests to receivers name this installation. */
  readonly publicUrl: string
  /** The origins of pages, besides this server's own, that may send requests and use sessions. */
  readonly allowedOrigins: readonly string[]
  /** CIDRs of the reverse proxies whose X-Forwarded-For is trusted. */
  readonly trustedProxies: readonly string[]
  /** Limits of one key per minute: cost points, and mutations. */
  readonly rateCostPerMinute: number
  readonly rateMutationsPerMinute: number
  /** Limit of failed authentications from one address per minute. */
  readonly rateFailedAuthPerMinute: number
  /** Limit of requests without a valid key from one address per minute. */
  readonly rateKeylessPerMinute: number
  /** How long the API keeps an idle connection open for the next request. */
  readonly keepAliveSeconds: number
  /** How long attempts, finished deliveries, their events, stored answers of mutations and audit entries are kept. */
  readonly retentionDays: number
  readonly introspection: boolean
  readonly production: boolean
  readonly logLevel: LogLevel
}

/** All problems of the settings, one line for each. A single problem is the whole message. */
export class ConfigFault extends Error {
  readonly faults: readonly string[]
  constructor(faults: readonly string[]) {
    super(
      faults.length === 1
        ? faults[0]
        : `The settings are invalid:\n${faults.map((fault) => `  ${fault}`).join('\n')}`,
    )
    this.name = 'ConfigFault'
    this.faults = faults
  }
}

/** The environment by name. */
type Environment = Readonly<Record<string, string | undefined>>
type Settings = z.output<typeof settingsSchema>

/** Reads the settings. An empty value counts as not set. Throws `ConfigFault`. */
export function readConfig(environment: Environment = process.env): Config {
  const given = withAuthority(
    Object.fromEntries(
      Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
    ),
  )
  const read = settingsSchema.safeParse(given)
  const faults = read.success
    ? []
    : read.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`)
  if (given['NODE_ENV'] === 'production' && given['SECRETS_KEYS'] === undefined)
    faults.push(
      'SECRETS_KEYS is required in production: set it to k1:<base64 of 32 bytes> (openssl rand -base64 32), and keep it',
    )
  if (read.success) faults.push(...authorityFaults(read.data))
  faults.push(...Object.keys(given).flatMap(misspelt))
  if (!read.success || faults.length > 0) throw new ConfigFault(faults)
  return configOf(read.data)
}

function configOf(values: Settings): Config {
  const production = values.NODE_ENV === 'production'
  return {
    port: values.PORT,
    adminPort: values.ADMIN_PORT,
    host: values.HOST,
    databaseUrl: values.DATABASE_URL,
    redisUrl: values.REDIS_URL,
    dataDir: resolve(values.DATA_DIR),
    roles: values.ROLES,
    secretsKeys: values.SECRETS_KEYS,
    sendAllowedNetworks: values.SEND_ALLOWED_NETWORKS,
    sendAllowHttp: values.SEND_ALLOW_HTTP,
    sendAllowMetadata: values.SEND_ALLOW_METADATA,
    sendAllowNat64: values.SEND_ALLOW_NAT64,
    sendMaxPerHost: values.SEND_MAX_PER_HOST,
    sendCa: values.SEND_CA_FILE,
    publicUrl: values.PUBLIC_URL ?? `http://${hostInUrl(values.HOST)}:${values.PORT}/`,
    allowedOrigins: values.ALLOWED_ORIGINS,
    trustedProxies: values.TRUSTED_PROXIES,
    rateCostPerMinute: values.RATE_COST_PER_MINUTE,
    rateMutationsPerMinute: values.RATE_MUTATIONS_PER_MINUTE,
    rateFailedAuthPerMinute: values.RATE_FAILED_AUTH_PER_MINUTE,
    rateKeylessPerMinute: values.RATE_KEYLESS_PER_MINUTE,
    keepAliveSeconds: values.KEEP_ALIVE_SECONDS,
    retentionDays: values.RETENTION_DAYS,
    introspection: values.INTROSPECTION ?? !production,
    production,
    logLevel: values.LOG_LEVEL,
  }
}

/**
 * Adds DATABASE_CA_FILE to the connection string as `sslrootcert`. A file that cannot be used is reported separately.
 */
function withAuthority(given: Environment): Environment {
  const { DATABASE_URL: url, DATABASE_CA_FILE: caFile } = given
  if (url === undefined || caFile === undefined || readPem(caFile).message !== undefined) return given
  return { ...given, DATABASE_URL: withParameter(url.trim(), 'sslrootcert', resolve(caFile)) }
}

/** Values of sslmode that verify no certificate, whether or not a certificate authority is set. */
const unverified = ['disable', 'allow', 'prefer', 'no-verify']

function authorityFaults({ DATABASE_URL: url, DATABASE_CA_FILE: caFile }: Settings): readonly string[] {
  if (caFile === undefined) return []
  if (url === undefined) return ['DATABASE_CA_FILE applies to the database of DATABASE_URL, which is not set']
  const { hosts, tls } = readAddress(url)
  return unverified.includes(tls.mode) && !hosts.every(({ host }) => isSocket(host))
    ? [
        `DATABASE_CA_FILE names a certificate authority, but DATABASE_URL has sslmode=${tls.mode}, which verifies no certificate: write sslmode=verify-full`,
      ]
    : []
}

/** Prefixes of names that only Orderbell uses. An unknown name with such a prefix is a misspelling and is reported. */
const ownPrefixes =
  /^(DATABASE_CA|SEND_(ALLOW|MAX|CA)|RATE_(COST|MUTATIONS|FAILED|KEYLESS)|SECRETS_KEY|TRUSTED_PROX|KEEP_ALIVE|RETENTION_D|ALLOWED_OR)/

function misspelt(name: string): readonly string[] {
  if (!ownPrefixes.test(name) || name in settings) return []
  const known = Object.keys(settings).filter((setting) => ownPrefixes.test(setting))
  return [`${name} is not a setting: the settings with similar names are ${known.join(', ')}`]
}

/** Whether npm started this process. If npm is killed, it does not stop the process. */
export function startedByNpm(): boolean {
  return process.env['npm_lifecycle_event'] !== undefined
}
