/**
 * Chooses the server of a connection when the URL names several hosts, or requires a server that accepts writes.
 * Neither driver does so as libpq does: pg supports one host, and postgres.js retries endlessly when no host answers.
 */
import { connect, Socket } from 'node:net'
import { isSocket, placeOf, type Address } from './address.ts'
import { pgOptionsFor } from './pg-options.ts'
import { adviceFor } from './connection-errors.ts'
import type { Host } from './host.ts'

const probeWithinMs = 5_000

/** Whether the server must be chosen before a connection is opened. */
export function needsChoice({ hosts, sessionAttributes }: Address): boolean {
  return hosts.length > 1 || sessionAttributes !== 'any'
}

/** For postgres.js: a socket that connects to the chosen server, or is destroyed with the error. */
export async function connectedSocket(address: Address): Promise<Socket> {
  try {
    const { host, port } = await chooseHost(address)
    // The driver reads the host name for TLS from these members.
    return Object.assign(isSocket(host) ? connect(pathOf({ host, port })) : connect(port, host), {
      host,
      port,
    })
  } catch (error) {
    const socket = new Socket()
    // Deferred, because the driver first adds its listeners.
    setImmediate(() => socket.destroy(asError(error)))
    return socket
  }
}

/** For pg: a socket whose `connect` chooses the server, whatever host it is given. */
export class ChoosingSocket extends Socket {
  readonly #address: Address

  constructor(address: Address) {
    super()
    this.#address = address
  }

  override connect(): this {
    chooseHost(this.#address).then(
      ({ host, port }) => {
        if (this.destroyed) return
        super.connect(isSocket(host) ? { path: pathOf({ host, port }) } : { host, port })
      },
      (error: unknown) => this.destroy(asError(error)),
    )
    return this
  }
}

/** The first host, in the order of the URL, that answers and meets target_session_attrs. */
async function chooseHost(address: Address): Promise<Host> {
  const reasons: string[] = []
  for (const candidate of address.hosts) {
    const reason = await unusableReason(address, candidate)
    if (reason === undefined) return candidate
    reasons.push(`${placeOf({ hosts: [candidate] })} ${reason}`)
  }
  throw new Error(`no host of DATABASE_URL can be used: ${reasons.join('; ')}`)
}

/** Why a server cannot be used. Undefined: it can be used. */
async function unusableReason(address: Address, candidate: Host): Promise<string | undefined> {
  // Loaded here: most URLs name one host, and commands use pg for nothing else.
  const { default: pg } = await import('pg')
  const client = new pg.Client({
    ...pgOptionsFor(address, candidate, { name: 'orderbell-choice' }),
    connectionTimeoutMillis: probeWithinMs,
    query_timeout: probeWithinMs,
  })
  client.on('error', () => undefined)
  try {
    await client.connect()
    const { rows } = await client.query<{ standby: boolean; readOnly: boolean }>(
      `select pg_is_in_recovery() as standby, current_setting('transaction_read_only')::bool as "readOnly"`,
    )
    if (address.sessionAttributes === 'any') return undefined
    if (rows[0]?.standby === true) return 'is a standby'
    if (address.sessionAttributes === 'read-write' && rows[0]?.readOnly === true)
      return 'is read-only (default_transaction_read_only=on)'
    return undefined
  } catch (error) {
    const { message, code } = asError(error) as Error & { code?: string }
    return `failed: ${adviceFor(error) ?? (message === '' ? code : message)}`
  } finally {
    client.end().catch(() => undefined)
  }
}

function pathOf({ host, port }: Host): string {
  return `${host}/.s.PGSQL.${port}`
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
