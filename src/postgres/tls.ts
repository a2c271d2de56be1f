/**
 * Whether a connection is encrypted, and what is checked of the server's certificate. `sslmode` means what it means
 * to libpq, with two additions: the mode `no-verify`, and a verified certificate where libpq would bind the channel.
 */
import { readFileSync } from 'node:fs'
import { checkServerIdentity, createSecureContext, type PeerCertificate, type SecureContext } from 'node:tls'
import { AddressFault, type Parameters } from './parameters.ts'
import type { Host } from './host.ts'

const modes = ['disable', 'allow', 'prefer', 'require', 'no-verify', 'verify-ca', 'verify-full'] as const
export type TlsMode = (typeof modes)[number]

/** What both drivers pass to `tls.connect`. */
export interface TlsOptions {
  readonly secureContext: SecureContext
  readonly rejectUnauthorized: boolean
  readonly checkServerIdentity: (name: string, certificate: PeerCertificate) => Error | undefined
}

export interface Tls {
  readonly mode: TlsMode
  /** Undefined: not encrypted. */
  readonly options: TlsOptions | undefined
  /** TLS from the first byte, without asking the server before. */
  readonly direct: boolean
}

/** Of the parameter `ssl`, which is not libpq's: what pg, postgres.js and JDBC read it as. */
const sslWords: Readonly<Record<string, TlsMode>> = {
  true: 'verify-full',
  '1': 'verify-full',
  false: 'disable',
  '0': 'disable',
}

export function readTls(given: Parameters, hosts: readonly Host[]): Tls {
  const requested = readMode(given)
  const rootFile = given.take('sslrootcert')
  // libpq's word for the authorities that the machine trusts: those are Node's own where no file is named.
  const ca = rootFile === 'system' ? undefined : readPem('sslrootcert', rootFile)
  const cert = readPem('sslcert', given.take('sslcert'))
  const key = readPem('sslkey', given.take('sslkey'))
  const passphrase = given.take('sslpassword')
  const minVersion = given.oneOf('ssl_min_protocol_version', ['TLSv1.2', 'TLSv1.3'] as const)
  const direct = given.oneOf('sslnegotiation', ['postgres', 'direct'] as const) === 'direct'
  const bindsChannel = given.oneOf('channel_binding', ['disable', 'prefer', 'require'] as const) === 'require'
  if ((cert === undefined) !== (key === undefined))
    throw new AddressFault(
      'has only one of sslcert and sslkey (the certificate of an authority is sslrootcert)',
    )
  const root = rootFile === undefined ? 'NONE' : ca === undefined ? 'SYSTEM' : 'FILE'
  const mode = chooseMode(requested, root, bindsChannel)
  if (mode === 'verify-ca' && ca === undefined)
    throw new AddressFault(
      'has sslmode=verify-ca and names no authority: set DATABASE_CA_FILE, or write sslmode=verify-full',
    )
  // PostgreSQL does not encrypt a Unix socket.
  if (mode === 'disable' || hosts.every(({ host }) => host.startsWith('/')))
    return { mode: 'disable', options: undefined, direct: false }
  try {
    const secureContext = createSecureContext({ ca, cert, key, passphrase, minVersion })
    const rejectUnauthorized = mode === 'verify-ca' || mode === 'verify-full'
    const checksName = mode === 'verify-full'
    return {
      ...{ mode, direct },
      options: {
        ...{ secureContext, rejectUnauthorized },
        checkServerIdentity: (_name, certificate) => (checksName ? nameFault(hosts, certificate) : undefined),
      },
    }
  } catch (error) {
    throw new AddressFault(`names certificates that cannot be used: ${reasonOf(error)}`)
  }
}

function readMode(given: Parameters): TlsMode | undefined {
  const ssl = given.take('ssl')
  const mode = given.oneOf('sslmode', modes)
  const accepts = given.oneOf('sslaccept', ['strict', 'accept_invalid_certs'] as const)
  const fromSsl = ssl === undefined ? undefined : (sslWords[ssl] ?? modes.find((each) => each === ssl))
  if (ssl !== undefined && fromSsl === undefined)
    throw new AddressFault(`has ssl=${ssl}, expected true, false or a word of sslmode`)
  const found = mode ?? fromSsl
  // Prisma's word for whether the certificate is verified.
  return accepts === 'strict' && (found === undefined || found === 'require') ? 'verify-full' : found
}

/**
 * Channel binding proves that the other end of the TLS connection knows the password. Only one of the two drivers can
 * do it; a verified certificate with the host's name proves as much, and both can verify one.
 */
function chooseMode(
  requested: TlsMode | undefined,
  root: 'NONE' | 'SYSTEM' | 'FILE',
  bindsChannel: boolean,
): TlsMode {
  if (bindsChannel && requested !== undefined && ['disable', 'allow', 'prefer'].includes(requested))
    throw new AddressFault('has channel_binding=require, which needs TLS: write sslmode=verify-full')
  if (bindsChannel) return 'verify-full'
  if (requested === undefined) return root === 'NONE' ? 'disable' : 'verify-full'
  // libpq takes no other mode there.
  if (root === 'SYSTEM' && requested !== 'disable') return 'verify-full'
  // As libpq: a URL that names an authority wants the certificate verified.
  return requested === 'require' && root === 'FILE' ? 'verify-ca' : requested
}

/** A certificate for any of the hosts is one of a server that the URL names. */
function nameFault(hosts: readonly Host[], certificate: PeerCertificate): Error | undefined {
  const faults = hosts.map(({ host }) => checkServerIdentity(host, certificate))
  return faults.includes(undefined) ? undefined : faults[0]
}

function readPem(parameter: string, path: string | undefined): string | undefined {
  if (path === undefined) return undefined
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new AddressFault(`has ${parameter}=${path}, a file that cannot be read (${reasonOf(error)})`)
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return 'code' in error ? String(error.code) : error.message
}
