/**
 * Readers of single setting values, from the text of an environment variable. A message never contains the value,
 * because a value may be a secret.
 */
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import { errorCode } from '../domain/shared/error-code.ts'
import { readAddress } from '../postgres/address.ts'
import { AddressFault } from '../postgres/parameters.ts'
import type { KeyRing } from '../runtime/crypto/secrets.ts'
import type { Reader } from './setting.ts'

/** The roles of a process. */
export const roles = ['api', 'dispatcher'] as const
export type Role = (typeof roles)[number]

/** Any text. */
export const text: Reader<string> = (text) => ({ value: text })

export function oneOf<const T extends string>(words: readonly T[], fault: string): Reader<T> {
  return (text) => {
    const value = words.find((word) => word === text)
    return value === undefined ? { fault } : { value }
  }
}

export const flag: Reader<boolean> = (text) =>
  text === 'true' || text === 'false' ? { value: text === 'true' } : { fault: 'must be true or false' }

export const roleList: Reader<readonly Role[]> = (text) => {
  const members = membersOf(text)
  const value = members.filter(isRole)
  return value.length > 0 && value.length === members.length
    ? { value }
    : { fault: 'must be api, dispatcher, or both separated by a comma' }
}

export const networks: Reader<readonly string[]> = (text) => {
  const value = membersOf(text)
  return value.every(isNetwork)
    ? { value }
    : { fault: 'must be networks such as 10.0.0.0/8,fd00::/8, separated by commas' }
}

/** A whole number within bounds. */
export function count(min: number, max: number): Reader<number> {
  return (text) => {
    const value = /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN
    return value >= min && value <= max ? { value } : { fault: `must be a whole number, ${min} to ${max}` }
  }
}

export const port: Reader<number> = (text) => {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  return value <= 65_535 ? { value } : { fault: 'must be a port, 0 to 65535 (0: any free port)' }
}

/** It becomes part of this server's URL when PUBLIC_URL is not set, and of the URLs that the sender refuses. */
export const host: Reader<string> = (text) =>
  URL.canParse(`http://${hostInUrl(text)}/`)
    ? { value: text }
    : { fault: 'must be an address of this machine such as 127.0.0.1, 0.0.0.0 or ::1, or its name' }

export const databaseUrl: Reader<string> = (text) => {
  // Secret files often end with a newline.
  const value = text.trim()
  const fault = addressFault(value)
  return fault === undefined ? { value } : { fault }
}

export const redisUrl: Reader<string> = (text) =>
  ['redis:', 'rediss:'].includes(protocolOf(text))
    ? { value: text }
    : {
        fault: 'must be a URL such as redis://host:6379 (in a password, write % as %25, / as %2F, @ as %40)',
      }

/** Every receiver gets this URL in a header: it must not contain credentials, and `new URL` makes it ASCII. */
export const publicUrl: Reader<string> = (text) =>
  ['https:', 'http:'].includes(protocolOf(text)) && !holdsCredentials(text)
    ? { value: new URL(text).href }
    : { fault: 'must be a URL such as https://orderbell.example/, without user or password' }

export const keyRing: Reader<KeyRing> = (text) => {
  const value = text.split(',').map((entry) => {
    const at = entry.indexOf(':')
    return { id: entry.slice(0, at).trim(), key: Buffer.from(entry.slice(at + 1).trim(), 'base64') }
  })
  const wrong = value.some(({ id, key }) => !/^[a-z0-9]{1,32}$/i.test(id) || key.length !== 32)
  const repeated = new Set(value.map(({ id }) => id)).size !== value.length
  return wrong || repeated
    ? {
        fault:
          'must be a list such as k2:<base64>,k1:<base64>: different ids of letters and digits, keys of 32 bytes (openssl rand -base64 32)',
      }
    : { value }
}

/** Reads a path as the text of the file. */
export const pemFile: Reader<string> = (path) => {
  const { text, message } = readPem(path)
  return message === undefined ? { value: text } : { fault: message }
}

/** Returns the text of a file, and a message when it contains no certificate or cannot be read. */
export function readPem(path: string): { readonly text: string; readonly message?: string } {
  try {
    const text = readFileSync(path, 'utf8')
    if (holdsCertificates(text)) return { text }
    return { text, message: `must name a file with certificates in PEM format; ${path} contains none` }
  } catch (error) {
    const reason = errorCode(error) || 'unknown reason'
    return { text: '', message: `must name a readable file; reading ${path} failed (${reason})` }
  }
}

/** Writes a host as in a URL: an IPv6 address in brackets and without its zone. */
export function hostInUrl(text: string): string {
  return isIP(text) === 6 ? `[${text.replace(/%.*/, '')}]` : text
}

/** The members of a list that is separated by commas. */
function membersOf(text: string): readonly string[] {
  return text
    .split(',')
    .map((member) => member.trim())
    .filter((member) => member !== '')
}

function isRole(text: string): text is Role {
  return roles.some((role) => role === text)
}

/**
 * Refuses short and octal forms, which ipaddr.js accepts: it reads 10/8 as 0.0.0.0/8. Refuses addresses with a zone.
 */
function isNetwork(text: string): boolean {
  return ipaddr.isValidCIDR(text) && isIP(text.split('/')[0] ?? '') !== 0 && !text.includes('%')
}

/** Returns the problem of a DATABASE_URL, without any secret; undefined when it is valid. */
function addressFault(url: string): string | undefined {
  try {
    readAddress(url)
    return undefined
  } catch (error) {
    if (error instanceof AddressFault) return error.message
    throw error
  }
}

/** Whether a valid URL contains a user name or password. */
function holdsCredentials(text: string): boolean {
  const { username, password } = new URL(text)
  return username + password !== ''
}

/** The protocol of a URL; empty when the text is not a URL that the clients of PostgreSQL and Redis can read. */
function protocolOf(text: string): string {
  try {
    const url = new URL(text)
    // The clients decode user and password, and throw when a % does not begin an escape.
    decodeURIComponent(url.username + url.password)
    return url.protocol
  } catch {
    return ''
  }
}

function holdsCertificates(text: string): boolean {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/gs) ?? []
  try {
    return blocks.map((block) => new X509Certificate(block)).length > 0
  } catch {
    return false
  }
}
