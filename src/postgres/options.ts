/**
 * The connection options of both drivers: postgres.js (Orderbell's statements) and pg (BullMQ's). They are made of the
 * URL and the constants of this file. Every option is set, so that neither driver reads it from the environment.
 */
import type { PoolConfig } from 'pg'
import type postgres from 'postgres'
import { isSocket, readAddress } from './address.ts'
import { nameOf, pgOptionsFor } from './pg-options.ts'
import { settingsOf, type Session } from './session.ts'
import { silenceOf, silentMs } from './dead-connections.ts'
import { ChoosingSocket, connectedSocket, needsChoice } from './multi-host.ts'

const connectTimeoutS = 7
/** The kernel probes an idle connection after 10 s and then every second. A dead connection is detected after 20 s. */
const keepAliveS = 10
const maxLifetimeS = 3_600
/** A server that is available again is used at most one second later. */
const backoffAtMostS = 1

type PostgresJsOptions = postgres.Options<Record<string, never>>

/**
 * Options for postgres.js. The caller may add `max` and listeners, but must not set `connection`, which contains the
 * session's settings.
 */
export function postgresJsOptions(url: string, session: Session): PostgresJsOptions {
  const address = readAddress(url)
  const { host, port } = address.hosts[0]
  const ms = session.silentMs === undefined ? silentMs : session.silentMs
  const options = {
    // Arrays, because the driver splits a string at its colons.
    host: [host],
    port: [port],
    ...(isSocket(host) && { path: `${host}/.s.PGSQL.${port}` }),
    ...(needsChoice(address) && { socket: () => connectedSocket(address) }),
    user: address.user,
    // A function, because the driver reads the environment if the password is an empty string.
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
    // Random, so that the connections of a pool do not all end at the same time.
    max_lifetime: Math.round(maxLifetimeS * (0.5 + Math.random() / 2)),
    keep_alive: keepAliveS,
    // Only the patched driver knows this option.
    ...(ms !== null && { silence: silenceOf(url, ms) }),
    backoff: (tries: number) => (0.5 + Math.random() / 2) * Math.min(3 ** tries / 100, backoffAtMostS),
    prepare: true,
    debug: false,
    onnotice: () => undefined,
  }
  // The driver's types do not declare arrays of hosts, null and `socket` for these options.
  return options as unknown as PostgresJsOptions
}

/** Options for a client or a pool of pg. */
export function pgOptions(url: string, session: Session): PoolConfig {
  const address = readAddress(url)
  const timeoutMs = (address.connectTimeoutS ?? connectTimeoutS) * 1_000
  const isChosen = needsChoice(address)
  return {
    ...pgOptionsFor(address, address.hosts[0], session),
    ...(isChosen && { stream: () => new ChoosingSocket(address) }),
    connectionTimeoutMillis: timeoutMs * (isChosen ? address.hosts.length + 1 : 1),
  }
}
