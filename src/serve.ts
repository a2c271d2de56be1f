/**
 * Opens the listening sockets: of the API, and of the health server of a process that does not serve the API or sets
 * ADMIN_PORT.
 */
import type { RequestListener, Server } from 'node:http'
import { isIP, type AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import { ConfigFault, type Config } from './config.ts'
import type { Log } from './ports/log.ts'
import { makeClientAddresses } from './runtime/server/client-address.ts'
import { makeWebServer } from './runtime/server/web-server.ts'
import { healthRoutes, sendJson } from './runtime/server/health.ts'
import { makeKeylessRateLimit } from './runtime/server/keyless-rate-limit.ts'
import type { Readiness } from './runtime/server/readiness.ts'
import { errorCode } from './domain/shared/error-code.ts'

/** How long the shutdown waits for running requests. */
export const requestGraceMs = 3_000
const healthGraceMs = 500

/** The address of a listening server. */
export interface Address {
  readonly host: string
  readonly port: number
  readonly url: string
}

export interface HealthServer {
  readonly address: Address
  close(): Promise<void>
}

/** Serves `/healthz` and `/readyz` on ADMIN_PORT, or on PORT when ADMIN_PORT is not set. */
export async function serveHealth(
  config: Config,
  log: Log,
  readiness: () => Promise<Readiness>,
): Promise<HealthServer> {
  const routes = healthRoutes(readiness)
  const web: RequestListener = (request, response) => {
    routes(request, response, (error) => {
      if (error !== undefined) sendJson(response, 503, { status: 'unavailable' })
      else sendJson(response, 404, { errors: [{ message: 'this port serves /healthz and /readyz only' }] })
    })
  }
  const addresses = makeClientAddresses(config.trustedProxies)
  const keyless = makeKeylessRateLimit({
    perMinute: config.rateKeylessPerMinute,
    clientOf: (request) => addresses.ofClient(request),
    log,
  })
  const { server, close } = makeWebServer(
    keyless.before(web, () => false),
    {
      addressOf: (peer) => addresses.ofPeer(peer),
      log,
      keepAliveMs: config.keepAliveSeconds * 1_000,
    },
  )
  const { host, port, adminPort } = config
  const listening: Listening =
    adminPort === undefined
      ? { host, port, setting: 'PORT', use: ' for the health checks of a dispatcher (ADMIN_PORT is not set)' }
      : { host, port: adminPort, setting: 'ADMIN_PORT', use: '' }
  const address = await listen(server, listening, '/')
  return { address, close: () => close(healthGraceMs) }
}

/** Where to listen. `setting` is the setting of the port and `use` its purpose, for the message of an error. */
export interface Listening {
  readonly host: string
  readonly port: number
  readonly setting: 'PORT' | 'ADMIN_PORT'
  readonly use?: string
}

export async function listen(server: Server, listening: Listening, path: string): Promise<Address> {
  const { host, port } = listening
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new ConfigFault([cannotListen(error, listening)])))
    server.listen(port, host, resolve)
  })
  const bound = server.address() as AddressInfo
  const name = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address
  return { host: bound.address, port: bound.port, url: `http://${name}:${bound.port}${path}` }
}

function cannotListen(error: Error, { host, port, setting, use = '' }: Listening): string {
  const code = errorCode(error)
  const other = use === '' ? setting : 'ADMIN_PORT'
  if (code === 'EADDRINUSE')
    return `${setting} ${port} of ${host} is in use${use}: set ${other} to another port, or to 0 for any free port`
  if (code === 'EACCES')
    return `${setting} ${port} of ${host} is not permitted for this user${use}: set ${other} to a port above 1023`
  return `HOST ${host} is not an address of this machine (${error.message}): set it to 127.0.0.1, or to 0.0.0.0 for all addresses`
}

/**
 * The URLs of this process: of the address it listens on, or of all addresses of the machine when it listens on all.
 */
export function reachedAt({ host, port }: Address): readonly string[] {
  const isAll = host === '0.0.0.0' || host === '::'
  const ofMachine = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
  const hosts = isAll ? [host, ...ofMachine.map(({ address }) => address)] : [host]
  // An address with a zone cannot be written in a URL. The sender refuses it as link-local anyway.
  const addresses = hosts.filter((each) => !each.includes('%'))
  return addresses.map((each) => `http://${isIP(each) === 6 ? `[${each}]` : each}:${port}/`)
}
