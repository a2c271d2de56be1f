/**
 * What both drivers are given to open connections: postgres.js (our own statements) and pg (BullMQ's). All of it comes
 * from the URL and from here. Every option is set, so that neither driver looks for one in the environment.
 */
import type { PoolConfig } from 'pg'
import type postgres from 'postgres'
import { isSocket, readAddress } from './address.ts'
import { nameOf, pgOptionsFor } from './pg-options.ts'
import { settingsOf, type Session } from './session.ts'
import { silenceOf, silentMs } from './silence.ts'
import { connectedSocket, connectingSocket, needsChoice } from './several-hosts.ts'

const connectTimeoutS = 7
/** The kernel asks an idle connection after that, and every second then: after 20 s a dead one is known. */
const keepAliveS = 10
const maxLifetimeS = 3_600
/** A server that is back is in use a second later. */
const backoffAtMostS = 1

type PostgresJsOptions = postgres.Options<Record<string, never>>

/** For postgres.js. The caller may add `max` and listeners; `connection` is the session's alone. */
export function postgresJsOptions(url: string, session: Session): PostgresJsOptions {
  const address = readAddress(url)
  const { host, port } = address.hosts[0]
  const ms = session.silentMs === undefined ? silentMs : session.silentMs
  const options = {
    // Lists, because a text would be split at its colons.
    host: [host],
    port: [port],
    ...(isSocket(host) && { path: `${host}/.s.PGSQL.${port}` }),
    ...(needsChoice(address) && { socket: () => connectedSocket(address) }),
    user: address.user,
    // A function, because the driver looks for an empty password in the environment.
    password: () => address.password ?? '',
    database: address.database,
    ssl: address.tls.options ?? false,
    sslnegotiation: address.tls.direct ? 'direct' : 'postgres',
    connection: {
      ...(address.options !== undefined && { options: address.options }),
      ...settingsOf(address, session),
      application_name: nameOf(address, session),
    },
    connect_timeout: address.connectTimeoutS ?? connectTimeoutS,
    idle_timeout: 0,
    // Not all connections of a pool end at the same time.
    max_lifetime: Math.round(maxLifetimeS * (0.5 + Math.random() / 2)),
    keep_alive: keepAliveS,
    // Known to the patched driver alone.
    ...(ms !== null && { silence: silenceOf(url, ms) }),
    backoff: (tries: number) => (0.5 + Math.random() / 2) * Math.min(3 ** tries / 100, backoffAtMostS),
    prepare: true,
    debug: false,
    onnotice: () => undefined,
  }
  // Its types know a list of hosts, null and a socket nowhere, or not for these options.
  return options as unknown as PostgresJsOptions
}

/** For pg: a client's options, and a pool's. */
export function pgOptions(url: string, session: Session): PoolConfig {
  const address = readAddress(url)
  const timeoutMs = (address.connectTimeoutS ?? connectTimeoutS) * 1_000
  const isChosen = needsChoice(address)
  return {
    ...pgOptionsFor(address, address.hosts[0], session),
    ...(isChosen && { stream: () => connectingSocket(address) }),
    connectionTimeoutMillis: timeoutMs * (isChosen ? address.hosts.length + 1 : 1),
  }
}
