/**
 * Reads from a connection URL whether a connection is encrypted, and how the server's certificate is verified.
 * `sslmode` has the meaning that it has in libpq, with two differences: the additional mode `no-verify`, and a verified
 * certificate instead of channel binding.
 */
import { readFileSync } from 'node:fs'
import { checkServerIdentity, createSecureContext, type PeerCertificate, type SecureContext } from 'node:tls'
import { AddressFault, type Parameters } from './parameters.ts'
import type { Host } from './host.ts'
import { errorCode } from '../domain/shared/error-code.ts'

const modes = ['disable', 'allow', 'prefer', 'require', 'no-verify', 'verify-ca', 'verify-full'] as const
export type TlsMode = (typeof modes)[number]

/** The options that both drivers pass to `tls.connect`. */
export interface TlsOptions {
  readonly secureContext: SecureContext
  readonly rejectUnauthorized: boolean
  readonly checkServerIdentity: (name: string, certificate: PeerCertificate) => Error | undefined
}

export interface Tls {
  readonly mode: TlsMode
  /** Undefined: not encrypted. */
  readonly options: TlsOptions | undefined
  /** TLS from the first byte, without an SSLRequest before. */
  readonly direct: boolean
}

/** The values of the parameter `ssl`, which libpq does not have, as pg, postgres.js and JDBC interpret them. */
const sslWords: Readonly<Record<string, TlsMode>> = {
  true: 'verify-full',
  '1': 'verify-full',
  false: 'disable',
  '0': 'disable',
}

export function readTls(given: Parameters, hosts: readonly Host[]): Tls {
  const requested = readMode(given)
  const rootFile = given.take('sslrootcert')
  // In libpq, `system` means the authorities that the machine trusts. Node uses its own list when no file is given.
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
  // PostgreSQL does not encrypt connections over a Unix socket.
  if (mode === 'disable' || hosts.every(({ host }) => host.startsWith('/')))
    return { mode: 'disable', options: undefined, direct: false }
  try {
    const secureContext = createSecureContext({ ca, cert, key, passphrase, minVersion })
    const rejectUnauthorized = mode === 'verify-ca' || mode === 'verify-full'
    const checksName = mode === 'verify-full'
    return {
      mode,
      direct,
      options: {
        secureContext,
        rejectUnauthorized,
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
  // `sslaccept` is Prisma's parameter for the verification of the certificate.
  return accepts === 'strict' && (found === undefined || found === 'require') ? 'verify-full' : found
}

/**
 * Channel binding proves that the other end of the TLS connection knows the password. Only one of the two drivers
 * supports it. Both can verify a certificate for the host's name, which gives the same assurance, so
 * `channel_binding=require` means that.
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
  // libpq accepts no other mode with `sslrootcert=system`.
  if (root === 'SYSTEM' && requested !== 'disable') return 'verify-full'
  // As in libpq: a URL that names a certificate authority requires a verified certificate.
  return requested === 'require' && root === 'FILE' ? 'verify-ca' : requested
}

/** Accepts a certificate for any host of the URL. */
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
  return errorCode(error) || error.message
}
