/**
 * Reads and validates the settings. No other module reads the environment. All invalid settings are reported together,
 * each with its name and the fix, and without the value of a setting that may contain a secret.
 */
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { resolve } from 'node:path'
import ipaddr from 'ipaddr.js'
import { z } from 'zod'
import { isSocket, readAddress, withParameter } from './postgres/address.ts'
import { AddressFault } from './postgres/parameters.ts'
import { logLevels, type LogLevel } from './runtime/log.ts'
import type { KeyRing } from './runtime/crypto/secrets.ts'

export const roles = ['api', 'dispatcher'] as const
export type Role = (typeof roles)[number]

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
  /** Whether a NAT64 address is judged by the IPv4 address it contains. */
  readonly sendAllowNat64: boolean
  /** Maximum requests in flight to one host from this process, for all projects together. */
  readonly sendMaxPerHost: number
  /** PEM text of certificates that the sender trusts in addition to the default ones. */
  readonly sendCa: string | undefined
  /** The URL by which requests to receivers name this installation. */
  readonly publicUrl: string
  /** CIDRs of the reverse proxies whose X-Forwarded-For is trusted. */
  readonly trustedProxies: readonly string[]
  /** Limits of one key per minute: cost points, and mutations. */
  readonly rateCostPerMinute: number
  readonly rateMutationsPerMinute: number
  /** Limit of failed authentications from one address per minute. */
  readonly rateFailedKeysPerMinute: number
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
        : `The settings are not right:\n${faults.map((fault) => `  ${fault}`).join('\n')}`,
    )
    this.name = 'ConfigFault'
    this.faults = faults
  }
}

/** Two lanes' windows of 50: a busy webhook can use its full window, and the others at its host have as much again. */
const defaultMaxPerHost = 100

const flag = z
  .enum(['true', 'false'], { error: 'must be true or false' })
  .transform((text) => text === 'true')

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((member) => member.trim())
    .filter((member) => member !== ''),
)

const networks = list
  .refine((members) => members.every(isNetwork), {
    error: 'must be networks such as 10.0.0.0/8,fd00::/8, with a comma between',
  })
  .default([])

const count = (min: number, max: number) => {
  const error = `must be a whole number, ${min} to ${max}`
  return z
    .string()
    .regex(/^\d{1,12}$/, { error })
    .transform(Number)
    .refine((number) => number >= min && number <= max, { error })
}

const urlOf = (schemes: readonly string[], example: string) =>
  z.string().refine((text) => schemes.includes(protocolOf(text)), {
    error: `must be a URL such as ${example} (in a password, write % as %25, / as %2F, @ as %40)`,
  })

const keyRing = z.string().transform((text, context): KeyRing => {
  const ring = text.split(',').map((entry) => {
    const at = entry.indexOf(':')
    return { id: entry.slice(0, at).trim(), key: Buffer.from(entry.slice(at + 1).trim(), 'base64') }
  })
  const wrong = ring.some(({ id, key }) => !/^[a-z0-9]{1,32}$/i.test(id) || key.length !== 32)
  if (wrong || new Set(ring.map(({ id }) => id)).size !== ring.length)
    context.addIssue({
      code: 'custom',
      message:
        'must be a list such as k2:<base64>,k1:<base64>: different ids of letters and digits, keys of 32 bytes (openssl rand -base64 32)',
    })
  return ring
})

const portError = { error: 'must be a port, 0 to 65535 (0: any free one)' }
const portNumber = z
  .string()
  .regex(/^\d{1,5}$/, portError)
  .transform(Number)
  .refine((port) => port <= 65_535, portError)

/** Transforms a path into the text of the file. */
const pemFile = z.string().transform((path, context) => {
  const { text, message } = readPem(path)
  if (message !== undefined) context.addIssue({ code: 'custom', message })
  return text
})

const schema = z.object({
  PORT: portNumber.default(4000),
  ADMIN_PORT: portNumber.optional(),
  // Part of this server's URL when PUBLIC_URL is not set, and of the URLs to which the sender must not send.
  HOST: z
    .string()
    .refine((host) => URL.canParse(`http://${inUrl(host)}/`), {
      error: 'must be an address of this machine such as 127.0.0.1, 0.0.0.0 or ::1, or its name',
    })
    .default('127.0.0.1'),
  DATABASE_URL: z
    .string()
    // Secret files often end with a newline.
    .trim()
    .superRefine((url, context) => {
      const message = addressFault(url)
      if (message !== undefined) context.addIssue({ code: 'custom', message })
    })
    .optional(),
  DATABASE_CA_FILE: pemFile.optional(),
  REDIS_URL: urlOf(['redis:', 'rediss:'], 'redis://host:6379').optional(),
  DATA_DIR: z.string().default('./.orderbell'),
  ROLES: list
    .refine(
      (members) => members.length > 0 && members.every((member) => roles.some((role) => role === member)),
      {
        error: 'must be api, dispatcher, or both with a comma between',
      },
    )
    .transform((members) => members as Role[])
    .default([...roles]),
  SECRETS_KEYS: keyRing.optional(),
  SEND_ALLOWED_NETWORKS: networks,
  SEND_ALLOW_HTTP: flag.default(false),
  SEND_ALLOW_METADATA: flag.default(false),
  SEND_ALLOW_NAT64: flag.default(false),
  SEND_MAX_PER_HOST: z
    .string()
    .regex(/^[1-9]\d{0,3}$/, { error: 'must be a whole number, 1 to 9999' })
    .transform(Number)
    .default(defaultMaxPerHost),
  SEND_CA_FILE: pemFile.optional(),
  // Stored in the form of `new URL`, because it is sent in headers, which are ASCII. It must not contain credentials,
  // because every receiver gets it.
  PUBLIC_URL: z
    .string()
    .refine((text) => ['https:', 'http:'].includes(protocolOf(text)) && !holdsCredentials(text), {
      error: 'must be a URL such as https://orderbell.example/, without user or password',
    })
    .transform((text) => new URL(text).href)
    .optional(),
  TRUSTED_PROXIES: networks,
  // The frontend of a busy platform queries a board of orders about 100 times a second, at 20 to 100 points each. A new
  // installation registers a thousand webhooks at once, at 1,000 points each. The default is above both. The minimum is
  // enough for any single operation.
  RATE_COST_PER_MINUTE: count(1_000, 1_000_000_000).default(1_500_000),
  // 200 mutations a second through one key, 17 million a day. Enough for a platform that imports its orders as fast as
  // it can.
  RATE_MUTATIONS_PER_MINUTE: count(100, 1_000_000_000).default(12_000),
  RATE_FAILED_KEYS_PER_MINUTE: count(10, 1_000_000_000).default(100),
  // 100 requests a second. Health checks arrive a few times a second, and dozens of users may open GraphiQL.
  RATE_KEYLESS_PER_MINUTE: count(60, 1_000_000_000).default(6_000),
  // Longer than the idle timeouts of load balancers, because the client side of a connection must close it first.
  KEEP_ALIVE_SECONDS: count(1, 3_600).default(75),
  RETENTION_DAYS: count(1, 3_650).default(30),
  INTROSPECTION: flag.optional(),
  NODE_ENV: z
    .enum(['development', 'test', 'production'], { error: 'must be development, test or production' })
    .default('development'),
  LOG_LEVEL: z.enum(logLevels, { error: `must be one of ${logLevels.join(', ')}` }).default('info'),
})

/** Reads the settings. An empty value counts as not set. Throws `ConfigFault`. */
export function readConfig(environment: Readonly<Record<string, string | undefined>> = process.env): Config {
  const given = withAuthority(
    Object.fromEntries(
      Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
    ),
  )
  const read = schema.safeParse(given)
  const faults = read.success
    ? []
    : read.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`)
  if (given['NODE_ENV'] === 'production' && given['SECRETS_KEYS'] === undefined)
    faults.push(
      'SECRETS_KEYS is needed in production: set it to k1:<base64 of 32 bytes> (openssl rand -base64 32), and keep it',
    )
  if (read.success) faults.push(...authorityFaults(read.data))
  faults.push(...Object.keys(given).flatMap(misspelt))
  if (!read.success || faults.length > 0) throw new ConfigFault(faults)
  const settings = read.data
  const production = settings.NODE_ENV === 'production'
  return {
    port: settings.PORT,
    adminPort: settings.ADMIN_PORT,
    host: settings.HOST,
    databaseUrl: settings.DATABASE_URL,
    redisUrl: settings.REDIS_URL,
    dataDir: resolve(settings.DATA_DIR),
    roles: settings.ROLES,
    secretsKeys: settings.SECRETS_KEYS,
    sendAllowedNetworks: settings.SEND_ALLOWED_NETWORKS,
    sendAllowHttp: settings.SEND_ALLOW_HTTP,
    sendAllowMetadata: settings.SEND_ALLOW_METADATA,
    sendAllowNat64: settings.SEND_ALLOW_NAT64,
    sendMaxPerHost: settings.SEND_MAX_PER_HOST,
    sendCa: settings.SEND_CA_FILE,
    publicUrl: settings.PUBLIC_URL ?? `http://${inUrl(settings.HOST)}:${settings.PORT}/`,
    trustedProxies: settings.TRUSTED_PROXIES,
    rateCostPerMinute: settings.RATE_COST_PER_MINUTE,
    rateMutationsPerMinute: settings.RATE_MUTATIONS_PER_MINUTE,
    rateFailedKeysPerMinute: settings.RATE_FAILED_KEYS_PER_MINUTE,
    rateKeylessPerMinute: settings.RATE_KEYLESS_PER_MINUTE,
    keepAliveSeconds: settings.KEEP_ALIVE_SECONDS,
    retentionDays: settings.RETENTION_DAYS,
    introspection: settings.INTROSPECTION ?? !production,
    production,
    logLevel: settings.LOG_LEVEL,
  }
}

/**
 * Adds DATABASE_CA_FILE to the connection string as `sslrootcert`. A file that cannot be used is reported separately.
 */
function withAuthority(given: Readonly<Record<string, string | undefined>>) {
  const { DATABASE_URL: url, DATABASE_CA_FILE: caFile } = given
  if (url === undefined || caFile === undefined || readPem(caFile).message !== undefined) return given
  return { ...given, DATABASE_URL: withParameter(url.trim(), 'sslrootcert', resolve(caFile)) }
}

/** Returns the problem of a DATABASE_URL, without any secret; undefined when it is valid. */
function addressFault(url: string): string | undefined {
  try {
    readAddress(url)
    return undefined
  } catch (error) {
    if (error instanceof AddressFault) return error.message
    throw error
  }
}

/** Values of sslmode that verify no certificate, whether or not a certificate authority is set. */
const unverified = ['disable', 'allow', 'prefer', 'no-verify']

function authorityFaults({
  DATABASE_URL: url,
  DATABASE_CA_FILE: caFile,
}: z.infer<typeof schema>): readonly string[] {
  if (caFile === undefined) return []
  if (url === undefined) return ['DATABASE_CA_FILE is for the database of DATABASE_URL, which is not set']
  const { hosts, tls } = readAddress(url)
  return unverified.includes(tls.mode) && !hosts.every(({ host }) => isSocket(host))
    ? [
        `DATABASE_CA_FILE names an authority, and DATABASE_URL has sslmode=${tls.mode}, which verifies no certificate: write sslmode=verify-full`,
      ]
    : []
}

/** Prefixes of names that only Orderbell uses. An unknown name with such a prefix is a misspelling and is reported. */
const ourBeginnings =
  /^(DATABASE_CA|SEND_(ALLOW|MAX|CA)|RATE_(COST|MUTATIONS|FAILED|KEYLESS)|SECRETS_KEY|TRUSTED_PROX|KEEP_ALIVE|RETENTION_D)/

function misspelt(name: string): readonly string[] {
  if (!ourBeginnings.test(name) || name in schema.shape) return []
  const kin = Object.keys(schema.shape).filter((known) => ourBeginnings.test(known))
  return [`${name} is no setting: those that begin alike are ${kin.join(', ')}`]
}

/** Writes a host as in a URL: an IPv6 address in brackets and without its zone. */
function inUrl(host: string): string {
  return isIP(host) === 6 ? `[${host.replace(/%.*/, '')}]` : host
}

/**
 * Refuses short and octal forms, which ipaddr.js accepts: it reads 10/8 as 0.0.0.0/8. Refuses addresses with a zone.
 */
function isNetwork(text: string): boolean {
  return ipaddr.isValidCIDR(text) && isIP(text.split('/')[0] ?? '') !== 0 && !text.includes('%')
}

/** Whether a valid URL contains a user name or password. */
function holdsCredentials(text: string): boolean {
  const { username, password } = new URL(text)
  return username + password !== ''
}

function protocolOf(text: string): string {
  try {
    const url = new URL(text)
    // The clients decode user and password, and throw when a % does not begin an escape.
    decodeURIComponent(url.username + url.password)
    return url.protocol
  } catch {
    return ''
  }
}

/** Returns the text of a file, and a message when it contains no certificate or cannot be read. */
function readPem(path: string): { readonly text: string; readonly message?: string } {
  try {
    const text = readFileSync(path, 'utf8')
    if (holdsCertificates(text)) return { text }
    return { text, message: `must name a file with certificates in PEM form; ${path} has none` }
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason'
    return { text: '', message: `must name a file that can be read; ${path} cannot be (${reason})` }
  }
}

function holdsCertificates(text: string): boolean {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/gs) ?? []
  try {
    return blocks.map((block) => new X509Certificate(block)).length > 0
  } catch {
    return false
  }
}

/** Whether npm started this process. If npm is killed, it does not stop the process. */
export function startedByNpm(): boolean {
  return process.env['npm_lifecycle_event'] !== undefined
}
