/**
 * Parsers of single setting values, from the text of an environment variable. A message never contains the value,
 * because a value may be a secret.
 */
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import { z } from 'zod'
import { errorCode } from '../domain/shared/error-code.ts'
import { readAddress } from '../postgres/address.ts'
import { AddressFault } from '../postgres/parameters.ts'
import type { KeyRing } from '../runtime/crypto/secrets.ts'

/** The roles of a process. */
export const roles = ['api', 'dispatcher'] as const
export type Role = (typeof roles)[number]

export const flag = z
  .enum(['true', 'false'], { error: 'must be true or false' })
  .transform((text) => text === 'true')

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((member) => member.trim())
    .filter((member) => member !== ''),
)

export const roleList = list
  .refine((members) => members.length > 0 && members.every(isRole), {
    error: 'must be api, dispatcher, or both separated by a comma',
  })
  .transform((members) => members.filter(isRole))

export const networks = list.refine((members) => members.every(isNetwork), {
  error: 'must be networks such as 10.0.0.0/8,fd00::/8, separated by commas',
})

export const origins = list.refine((members) => members.every(isOrigin), {
  error:
    'must be origins such as https://shop.example,http://localhost:5173, separated by commas: scheme, host in lower case and port, without a path',
})

/** A whole number within bounds. */
export function count(min: number, max: number) {
  const error = `must be a whole number, ${min} to ${max}`
  return z
    .string()
    .regex(/^\d{1,12}$/, { error })
    .transform(Number)
    .refine((number) => number >= min && number <= max, { error })
}

const portError = { error: 'must be a port, 0 to 65535 (0: any free port)' }
export const port = z
  .string()
  .regex(/^\d{1,5}$/, portError)
  .transform(Number)
  .refine((number) => number <= 65_535, portError)

/** It becomes part of this server's URL when PUBLIC_URL is not set, and of the URLs that the sender refuses. */
export const host = z.string().refine((text) => URL.canParse(`http://${hostInUrl(text)}/`), {
  error: 'must be an address of this machine such as 127.0.0.1, 0.0.0.0 or ::1, or its name',
})

export const databaseUrl = z
  .string()
  // Secret files often end with a newline.
  .trim()
  .superRefine((url, context) => {
    const message = addressFault(url)
    if (message !== undefined) context.addIssue({ code: 'custom', message })
  })

export const redisUrl = z.string().refine((text) => ['redis:', 'rediss:'].includes(protocolOf(text)), {
  error: 'must be a URL such as redis://host:6379 (in a password, write % as %25, / as %2F, @ as %40)',
})

/** Every receiver gets this URL in a header: it must not contain credentials, and `new URL` makes it ASCII. */
export const publicUrl = z
  .string()
  .refine((text) => ['https:', 'http:'].includes(protocolOf(text)) && !holdsCredentials(text), {
    error: 'must be a URL such as https://orderbell.example/, without user or password',
  })
  .transform((text) => new URL(text).href)

export const keyRing = z.string().transform((text, context): KeyRing => {
  const keys = text.split(',').map((entry) => {
    const at = entry.indexOf(':')
    return { id: entry.slice(0, at).trim(), key: Buffer.from(entry.slice(at + 1).trim(), 'base64') }
  })
  const wrong = keys.some(({ id, key }) => !/^[a-z0-9]{1,32}$/i.test(id) || key.length !== 32)
  if (wrong || new Set(keys.map(({ id }) => id)).size !== keys.length)
    context.addIssue({
      code: 'custom',
      message:
        'must be a list such as k2:<base64>,k1:<base64>: different ids of letters and digits, keys of 32 bytes (openssl rand -base64 32)',
    })
  return keys
})

/** Transforms a path into the text of the file. */
export const pemFile = z.string().transform((path, context) => {
  const { text, message } = readPem(path)
  if (message !== undefined) context.addIssue({ code: 'custom', message })
  return text
})

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

function isRole(text: string): text is Role {
  return roles.some((role) => role === text)
}

/**
 * Refuses short and octal forms, which ipaddr.js accepts: it reads 10/8 as 0.0.0.0/8. Refuses addresses with a zone.
 */
function isNetwork(text: string): boolean {
  return ipaddr.isValidCIDR(text) && isIP(text.split('/')[0] ?? '') !== 0 && !text.includes('%')
}

/** Exactly what browsers send in the header Origin. */
function isOrigin(text: string): boolean {
  return (
    ['https:', 'http:'].includes(protocolOf(text)) && !text.includes('*') && new URL(text).origin === text
  )
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
