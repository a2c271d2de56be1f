/** The options with which pg opens one connection to one host of an address. */
import type { ClientConfig } from 'pg'
import type { Address } from './address.ts'
import { commandLineOf, settingsOf, type Session } from './session.ts'
import type { Host } from './host.ts'

/** Every option is set, because pg reads absent ones from the environment, and an absent password from a file. */
export function pgOptionsFor(address: Address, { host, port }: Host, session: Session): ClientConfig {
  const options = {
    host,
    port,
    user: address.user,
    password: () => address.password ?? '',
    database: address.database,
    ssl: address.tls.options ?? false,
    sslnegotiation: address.tls.direct ? 'direct' : 'postgres',
    application_name: nameOf(address, session),
    // PostgreSQL uses the last of two options with the same name.
    options: [address.options ?? '', commandLineOf(settingsOf(address, session))].join(' ').trim(),
    client_encoding: 'UTF8',
    replication: 'false',
    keepAlive: true,
  } as const
  return options
}

/** PostgreSQL truncates longer names at their end, where Orderbell's name is. */
const maxNameLength = 63

/** The application name of the connection in pg_stat_activity. */
export function nameOf({ applicationName }: Address, { name }: Session): string {
  if (applicationName === undefined) return name
  // PostgreSQL replaces each byte that is not ASCII by up to four characters.
  const theirs = applicationName.replace(/[^\x20-\x7e]/g, '?')
  return `${theirs.slice(0, maxNameLength - name.length - 1)} ${name}`
}
