/** What pg is given to open one connection to one host of an address. */
import type { ClientConfig } from 'pg'
import type { Address } from './address.ts'
import { commandLineOf, settingsOf, type Session } from './session.ts'
import type { Host } from './host.ts'

/** Every option is set: pg looks for an absent one in the environment, and for an absent password in a file. */
export function pgOptionsFor(address: Address, { host, port }: Host, session: Session): ClientConfig {
  const options = {
    ...{ host, port, user: address.user, password: () => address.password ?? '', database: address.database },
    ssl: address.tls.options ?? false,
    sslnegotiation: address.tls.direct ? 'direct' : 'postgres',
    application_name: nameOf(address, session),
    // The last one of two options with one name is taken.
    options: [address.options ?? '', commandLineOf(settingsOf(address, session))].join(' ').trim(),
    client_encoding: 'UTF8',
    replication: 'false',
    keepAlive: true,
  } as const
  return options
}

/** PostgreSQL cuts a longer name at its end, where ours stands. */
const maxNameLength = 63

/** The connection's name in pg_stat_activity. */
export function nameOf({ applicationName }: Address, { name }: Session): string {
  if (applicationName === undefined) return name
  // PostgreSQL writes up to four characters for each byte that is not ASCII.
  const theirs = applicationName.replace(/[^\x20-\x7e]/g, '?')
  return `${theirs.slice(0, maxNameLength - name.length - 1)} ${name}`
}
