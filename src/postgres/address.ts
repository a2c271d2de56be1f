/**
 * Parses a PostgreSQL connection URL into one description, from which `options.ts` makes the options of both drivers.
 * Parameters have the meaning that they have in libpq and psql. Environment variables are not read.
 */
import { userInfo } from 'node:os'
import { AddressFault, escapes, readParameters } from './parameters.ts'
import { readTls, type Tls } from './tls.ts'
import type { Host } from './host.ts'

/** Which servers a connection may use: any that answers, or only one that accepts writes. */
export type SessionAttributes = 'any' | 'read-write' | 'primary'

export interface Address {
  /** In the order in which they are tried; at least one. */
  readonly hosts: readonly [Host, ...Host[]]
  readonly user: string
  /** Undefined: the server requires none (peer, trust, a client certificate). */
  readonly password: string | undefined
  readonly database: string
  readonly tls: Tls
  readonly sessionAttributes: SessionAttributes
  /** Command line options of the session, as the URL gives them (`-c name=value`). */
  readonly options: string | undefined
  readonly applicationName: string | undefined
  readonly connectTimeoutS: number | undefined
  /** Parameters of other clients, which have no effect here. */
  readonly ignored: readonly string[]
}

const defaultPort = 5432
const shape = /^postgres(?:ql)?:\/\/(?:([^/?#]*)@)?([^/?#@]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/
const example = 'postgres://user:password@host:5432/orderbell'

/** Parameters of libpq, Prisma, Supabase, pgx and pg that change nothing on which Orderbell depends. */
const ignorable = new Set([
  'client_encoding',
  'connection_limit',
  'fallback_application_name',
  'keepalives',
  'keepalives_count',
  'keepalives_idle',
  'keepalives_interval',
  'load_balance_hosts',
  'max_idle_connections',
  'max_protocol_version',
  'min_protocol_version',
  'pgbouncer',
  'pool_max_conns',
  'pool_min_conns',
  'pool_mode',
  'pool_timeout',
  'socket_timeout',
  'sslcompression',
  'sslsni',
  'statement_cache_size',
  'supa',
  'tcp_user_timeout',
  'uselibpqcompat',
])

/** Throws AddressFault, whose message contains the reason and no secret. */
export function readAddress(url: string): Address {
  const [, credentials, authority, path, query] = shape.exec(url) ?? []
  if (authority === undefined) throw new AddressFault(`must be a URL such as ${example} ${escapes}`)
  // An unescaped / in a password: if only digits precede it they are read as a port, and the rest of the password ends
  // up here.
  if (path?.includes('@') === true) throw new AddressFault(`has an @ after its host ${escapes}`)
  const given = readParameters(query ?? '')
  const colon = credentials?.indexOf(':') ?? -1
  const name = colon < 0 ? credentials : credentials?.slice(0, colon)
  const hosts = readHosts(given.take('host') ?? authority, given.take('port'))
  const user = given.take('user') ?? (decode(name ?? '') || accountName())
  const password =
    given.take('password') ?? (colon < 0 ? undefined : decode(credentials?.slice(colon + 1) ?? ''))
  const database = given.take('dbname') ?? (decode(path ?? '') || user)
  checkSchema(given.take('schema'))
  if (given.oneOf('gssencmode', ['disable', 'prefer', 'require'] as const) === 'require')
    throw new AddressFault('has gssencmode=require, which neither driver can do: encrypt by TLS (sslmode)')
  return {
    hosts,
    user,
    password: password === '' ? undefined : password,
    database,
    sessionAttributes: readAttributes(given.take('target_session_attrs')),
    options: given.take('options'),
    applicationName: given.take('application_name'),
    connectTimeoutS: given.seconds('connect_timeout'),
    tls: readTls(given, hosts),
    ignored: given.end(ignorable),
  }
}

/** Host and port for messages, without the user, the password and the parameters. */
export function placeOf({ hosts }: { readonly hosts: readonly Host[] }): string {
  return hosts
    .map(({ host, port }) => (isSocket(host) ? host : `${host.includes(':') ? `[${host}]` : host}:${port}`))
    .join(',')
}

/** The URL with a parameter added, which overrides an earlier one of that name. */
export function withParameter(url: string, name: string, value: string): string {
  return `${url}${url.includes('?') ? '&' : '?'}${name}=${encodeURIComponent(value)}`
}

/** Whether a host is the directory of a Unix socket. */
export function isSocket(host: string): boolean {
  return host.startsWith('/')
}

function readHosts(text: string, ports: string | undefined): Address['hosts'] {
  const given = ports?.split(',') ?? []
  const hosts = text.split(',').map((entry) => splitPort(decode(entry)))
  if (given.length > 1 && given.length !== hosts.length)
    throw new AddressFault(`names ${hosts.length} hosts and ${given.length} ports`)
  const read = hosts.map(({ host, port }, index): Host => {
    const chosen = given[given.length === 1 ? 0 : index] ?? port
    const number = chosen === undefined || chosen === '' ? defaultPort : Number(chosen)
    if (!Number.isInteger(number) || number < 1 || number > 65_535)
      throw new AddressFault(`must be a URL such as ${example}, with a port of 1 to 65535 ${escapes}`)
    return { host: host === '' ? 'localhost' : host, port: number }
  })
  // `split` returns at least one part.
  return read as [Host, ...Host[]]
}

function splitPort(entry: string): { readonly host: string; readonly port: string | undefined } {
  // The directories of Cloud SQL's sockets have colons in their names.
  if (isSocket(entry)) return { host: entry.replace(/\/$/, ''), port: undefined }
  const [, bracketed, bracketedPort] = /^\[([^\]]*)\](?::(.*))?$/.exec(entry) ?? []
  if (bracketed !== undefined) return { host: bracketed, port: bracketedPort }
  // In `host=::1` the address has no brackets.
  if (entry.split(':').length > 2) return { host: entry, port: undefined }
  const [host = '', port] = entry.split(':')
  return { host, port }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new AddressFault(`must be a URL such as ${example} ${escapes}`)
  }
}

/**
 * The user name that libpq uses by default, and that peer authentication compares with: the name of the process's
 * account. Environment variables are not read.
 */
function accountName(): string {
  try {
    return userInfo().username
  } catch {
    throw new AddressFault(`names no user, and this process's account has no name: write ${example}`)
  }
}

function readAttributes(text = 'any'): SessionAttributes {
  if (text === 'any' || text === 'read-write' || text === 'primary') return text
  throw new AddressFault(
    `has target_session_attrs=${text}: Orderbell writes, so it can use any, read-write or primary`,
  )
}

function checkSchema(schema: string | undefined): void {
  if (schema !== undefined && schema !== 'public')
    throw new AddressFault(
      `has schema=${schema}: Orderbell keeps its tables in the schema public of a database of its own (create database orderbell), so name that database and remove schema`,
    )
}
