/**
 * Resolves a host name to its addresses, so that slow name servers of one project do not delay the other projects.
 * Tries the hosts file, then DNS without threads, then the system's resolver for names that neither knows.
 * Caches addresses for 2 s. Does not decide whether an address is allowed.
 */
import { lookup, Resolver } from 'node:dns/promises'
import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { isRefusedName } from './destination.ts'
import { makeResolverConcurrency } from './resolver-concurrency.ts'
import { errorCode } from '../../domain/shared/error-code.ts'

/** Returns the addresses of a name. The project is used only to share the system's resolver fairly. */
export type Resolve = (hostname: string, projectId?: string) => Promise<readonly string[]>

// Long enough to share one look-up among a burst of connections, short enough to notice a changed record.
const cachedMs = 2_000
// c-ares waits 0.8 s, then 1.6 s. The sum is below the 3 s that a look-up may take.
const dnsTry = { timeout: 800, tries: 2 }
// A Resolver reads the machine's name servers only when it is created, so it is replaced every 60 s.
const resolverMaxAgeMs = 60_000
// dns.lookup blocks one of libuv's 4 threads, which file access and key derivation also use.
const maxSystemLookups = 2
const maxSystemWaitMs = 3_000
// Immediate answers "not in DNS" and "no DNS here". A timeout or SERVFAIL may be a deliberately slow name server: such
// names do not reach the system's resolver, or a few slow names of one project would block the look-ups of all.
const notInDns = new Set(['ENOTFOUND', 'ENODATA', 'EBADNAME', 'ENONAME'])
const noDnsHere = 'ECONNREFUSED'

/** Options of the resolver. */
export interface ResolveOptions {
  /**
   * Whether a name that DNS does not know may be a local name of this machine. If only public addresses are allowed, it
   * is false, and public names reach the system's resolver only where no DNS server is available.
   */
  readonly localNames: boolean
  /** `address:port` of DNS servers to use instead of the machine's. For tests. */
  readonly dnsServers?: readonly string[]
}

/** Creates a resolver. Rejects with the error of DNS or of the system's resolver. */
export function makeSystemResolve({ localNames, dnsServers }: ResolveOptions): Resolve {
  const cached = new Map<string, Promise<readonly string[]>>()
  const readHosts = makeHostsReader()
  const resolveByDns = makeDnsClient(dnsServers)
  const resolveBySystem = makeSystemClient()

  async function resolve(hostname: string, projectId?: string): Promise<readonly string[]> {
    const fromFile = (await readHosts()).get(hostname)
    if (fromFile !== undefined) return fromFile
    // Only the system knows names that do not belong to DNS (localhost, single labels, .local).
    if (isRefusedName(hostname)) return resolveBySystem(hostname, projectId)
    try {
      return await resolveByDns(hostname)
    } catch (error) {
      const code = errorCode(error)
      if (code === noDnsHere || (localNames && notInDns.has(code)))
        return resolveBySystem(hostname, projectId)
      throw error
    }
  }

  return (hostname, projectId) => {
    const known = cached.get(hostname)
    if (known !== undefined) return known
    const found = resolve(hostname, projectId)
    cached.set(hostname, found)
    const forget = () => cached.delete(hostname)
    found.then(() => setTimeout(forget, cachedMs).unref(), forget)
    return found
  }
}

/**
 * A and AAAA queries over UDP by c-ares, which uses no threads, so their number is not limited here. IPv4 addresses
 * come first, because they are more often reachable.
 */
function makeDnsClient(servers: readonly string[] | undefined): Resolve {
  function newResolver(): Resolver {
    const made = new Resolver(dnsTry)
    if (servers !== undefined) made.setServers(servers)
    return made
  }
  let resolver = newResolver()
  let madeAt = performance.now()
  return async (hostname) => {
    if (performance.now() - madeAt > resolverMaxAgeMs) {
      resolver = newResolver()
      madeAt = performance.now()
    }
    const [v4, v6] = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)])
    const addresses = [v4, v6].flatMap((each) => (each.status === 'fulfilled' ? each.value : []))
    if (addresses.length > 0) return addresses
    throw v4.status === 'rejected' ? v4.reason : new Error('expected a rejection of an empty answer')
  }
}

/** getaddrinfo, two at a time. A look-up that waited more than 3 s fails unsent, because its caller has timed out. */
function makeSystemClient(): Resolve {
  const limit = makeResolverConcurrency(maxSystemLookups)

  return (hostname, projectId = '') => {
    const waitingSince = performance.now()
    return limit(projectId, async () => {
      if (performance.now() - waitingSince > maxSystemWaitMs)
        throw new Error('the look-up waited too long for the system’s resolver')
      const answers = await lookup(hostname, { all: true, verbatim: true })
      return answers.map((each) => each.address)
    })
  }
}

/** Reads the hosts file. Its entries take precedence over DNS, as in the system's resolver. */
function makeHostsReader(): () => Promise<ReadonlyMap<string, readonly string[]>> {
  let entries: ReadonlyMap<string, readonly string[]> = new Map()
  let readAt = -Infinity
  return async () => {
    if (performance.now() - readAt > cachedMs) {
      readAt = performance.now()
      // A missing file (another operating system, a minimal container) counts as empty.
      entries = hostsEntries(await readFile('/etc/hosts', 'utf8').catch(() => ''))
    }
    return entries
  }
}

/** Parses a hosts file into addresses by name, names in lower case. Invalid lines are skipped. */
export function hostsEntries(text: string): ReadonlyMap<string, readonly string[]> {
  const entries = new Map<string, string[]>()
  for (const line of text.split('\n')) {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/)
    if (isIP(address) === 0) continue
    for (const name of names) {
      const key = name.toLowerCase()
      const known = entries.get(key)
      if (known === undefined) entries.set(key, [address])
      else if (!known.includes(address)) known.push(address)
    }
  }
  return entries
}
