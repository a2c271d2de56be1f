/**
 * From a host name to its addresses, without one project's slow name servers holding up the others.
 * Whether an address may be dialled is not decided here, and only addresses are remembered, never a verdict.
 * The order: the hosts file, then DNS without threads, then the system's own resolver for what those miss.
 */
import { lookup, Resolver } from 'node:dns/promises'
import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { isRefusedName } from './destination.ts'
import { makeResolverConcurrency } from './resolver-concurrency.ts'

/** The project only decides whose turn it is where few names are looked up at a time. */
export type Resolve = (hostname: string, projectId?: string) => Promise<readonly string[]>

// Long enough to share one look-up among a burst of connections, short enough that a changed answer counts.
const rememberMs = 2_000
// c-ares: 0.8 s, then twice that, ends inside the 3 s that a look-up may take as a whole (`look-ups.ts`).
const dnsTry = { timeout: 800, tries: 2 }
// A Resolver reads the machine's name servers when it is made.
const resolverMaxAgeMs = 60_000
// dns.lookup blocks one of libuv's 4 threads, which files and key derivation need too.
const maxSystemLookups = 2
const maxSystemWaitMs = 3_000
// Answers that say "not in DNS" or "no DNS here", at once. A time-out or SERVFAIL may be a tarpit: those do
// not get to the threads, or a few slow names of one project would stop everybody's look-ups.
const notInDns = new Set(['ENOTFOUND', 'ENODATA', 'EBADNAME', 'ENONAME'])
const noDnsHere = 'ECONNREFUSED'

export interface ResolveOptions {
  /**
   * Whether a name that DNS does not know may mean something on this machine. Where only the public internet is
   * rung it may not, and no project's name gets to the threads.
   */
  readonly localNames: boolean
  /** address:port, instead of the machine's own: for tests. */
  readonly dnsServers?: readonly string[]
}

export function makeSystemResolve({ localNames, dnsServers }: ResolveOptions): Resolve {
  const remembered = new Map<string, Promise<readonly string[]>>()
  const readHosts = makeHostsReader()
  const askDns = makeDnsClient(dnsServers)
  const askSystem = makeSystemClient()

  async function resolve(hostname: string, projectId?: string): Promise<readonly string[]> {
    const fromFile = (await readHosts()).get(hostname)
    if (fromFile !== undefined) return fromFile
    // Names that are not DNS's to answer (localhost, single labels, .local) only the system knows.
    if (isRefusedName(hostname)) return askSystem(hostname, projectId)
    try {
      return await askDns(hostname)
    } catch (error) {
      const code = codeOf(error)
      if (code === noDnsHere || (localNames && notInDns.has(code))) return askSystem(hostname, projectId)
      throw error
    }
  }

  return (hostname, projectId) => {
    const known = remembered.get(hostname)
    if (known !== undefined) return known
    const asked = resolve(hostname, projectId)
    remembered.set(hostname, asked)
    const forget = () => remembered.delete(hostname)
    asked.then(() => setTimeout(forget, rememberMs).unref(), forget)
    return asked
  }
}

/** A and AAAA over UDP by c-ares: no threads, so any number at a time. IPv4 first, the surer path. */
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

/** getaddrinfo, a few at a time; who has waited longer than anybody listens is turned away unasked. */
function makeSystemClient(): Resolve {
  const turn = makeResolverConcurrency(maxSystemLookups)

  return async (hostname, projectId = '') => {
    const askedAt = performance.now()
    const end = await turn(projectId)
    try {
      if (performance.now() - askedAt > maxSystemWaitMs) throw new Error('waited too long to look a name up')
      const answers = await lookup(hostname, { all: true, verbatim: true })
      return answers.map((each) => each.address)
    } finally {
      end()
    }
  }
}

/** The hosts file, which DNS does not know: what the operator wrote there wins, as everywhere else. */
function makeHostsReader(): () => Promise<ReadonlyMap<string, readonly string[]>> {
  let entries: ReadonlyMap<string, readonly string[]> = new Map()
  let readAt = -Infinity
  return async () => {
    if (performance.now() - readAt > rememberMs) {
      readAt = performance.now()
      // No file (another system, a bare container) is an empty one.
      entries = hostsEntries(await readFile('/etc/hosts', 'utf8').catch(() => ''))
    }
    return entries
  }
}

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

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}
