/**
 * Custom headers of a webhook: which names and values are allowed besides the dialect's headers, and which headers are
 * credentials. Credentials are stored encrypted and shown masked.
 */
import { mask } from '../shared/mask.ts'
import { exampleEvent } from '../orders/event.ts'
import type { Header } from '../deliveries/outcome.ts'
import type { Dialect } from '../dialects/registry.ts'
import { problem, type Problem } from '../shared/problem.ts'
import type { CustomHeader } from './webhook.ts'
import { dialectRules } from '../dialects/registry.ts'

/** Maximum number of custom headers per webhook. */
export const maxHeaders = 20
/** Maximum length of a name, in characters. */
export const maxNameLength = 256
/** Maximum length of a value, in bytes of latin-1. */
export const maxValueBytes = 8_192
/** Maximum length of all names and values together, in bytes. */
export const maxAllBytes = 16_384

// The syntax of a header name: RFC 9110, section 5.6.2.
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
// A value has spaces, tabs and visible latin-1 characters. CR and LF would inject another header; NUL is invalid too.
const value = /^[\t\x20-\x7e\xa0-\xff]*$/

/** Headers that the connection, the body or our authentication depends on. The sender refuses some of them too. */
const reserved = new Set([
  'host',
  'content-length',
  'content-type',
  'transfer-encoding',
  'connection',
  'te',
  'upgrade',
  'expect',
  'trailer',
  'keep-alive',
  'accept-encoding',
  'content-encoding',
  'user-agent',
])
const reservedPrefixes = ['proxy-', 'webhook-', 'x-fe-webhook-'] as const

const credential = /auth|cookie|token|secret|key|pass|pwd|credential|session|bearer|jwt|hmac|signature/i

/** Returns whether a header of that name may be a credential. The pattern is broad, so that no credential is shown. */
export function isCredential(name: string): boolean {
  return credential.test(name)
}

/** Returns the header with its value masked if the header is a credential. */
export function shownHeader(header: CustomHeader): Header {
  return 'value' in header ? header : { name: header.name, value: mask }
}

/**
 * Returns all problems of a webhook's custom headers. TOO_MANY and TOO_LONG: see the limits above. REQUIRED: an empty
 * name. INVALID: a duplicate, reserved or malformed name, or a malformed value.
 */
export function checkHeaders(
  headers: readonly Header[],
  dialect: Dialect,
  field: readonly string[],
): readonly Problem[] {
  if (headers.length > maxHeaders)
    return [problem('TOO_MANY', field, `headers has ${headers.length} members; the maximum is ${maxHeaders}`)]
  const problems: Problem[] = []
  const seen = new Set<string>()
  const own = headersOf(dialect)
  for (const [index, header] of headers.entries()) {
    const at = [...field, String(index)]
    const name = header.name.toLowerCase()
    if (seen.has(name))
      problems.push(
        problem(
          'INVALID',
          [...at, 'name'],
          'this header is in the list twice; header names are case-insensitive',
        ),
      )
    else problems.push(...checkName(header.name, own, [...at, 'name']))
    problems.push(...checkValue(header.value, [...at, 'value']))
    seen.add(name)
  }
  const bytes = headers.reduce((sum, header) => sum + header.name.length + header.value.length, 0)
  if (problems.length === 0 && bytes > maxAllBytes)
    problems.push(
      problem('TOO_LONG', field, `the headers have ${bytes} bytes together; the maximum is ${maxAllBytes}`),
    )
  return problems
}

function checkName(name: string, own: ReadonlySet<string>, at: readonly string[]): readonly Problem[] {
  if (name === '') return [problem('REQUIRED', at, `a header needs a name, 1 to ${maxNameLength} characters`)]
  if (name.length > maxNameLength)
    return [problem('TOO_LONG', at, `a header's name has at most ${maxNameLength} characters`)]
  if (!token.test(name))
    return [problem('INVALID', at, "a header's name may contain only letters, digits and !#$%&'*+-.^_`|~")]
  const lower = name.toLowerCase()
  if (reserved.has(lower) || own.has(lower) || reservedPrefixes.some((prefix) => lower.startsWith(prefix)))
    return [problem('INVALID', at, `${lower} is reserved: Orderbell or the HTTP connection sets it`)]
  return []
}

function checkValue(text: string, at: readonly string[]): readonly Problem[] {
  if (text.length > maxValueBytes)
    return [problem('TOO_LONG', at, `a header's value has at most ${maxValueBytes} bytes`)]
  if (!value.test(text) || text !== text.trim())
    return [
      problem(
        'INVALID',
        at,
        "a header's value may contain only visible latin-1 characters, without line breaks, and without spaces at its beginning or end",
      ),
    ]
  return []
}

/** Returns the lower-case names of the dialect's headers. They come from rendered requests, not from a second list. */
function headersOf(dialect: Dialect): ReadonlySet<string> {
  const rules = dialectRules[dialect]
  const at = new Date(0)
  const context = {
    webhookId: '',
    deliveryId: '',
    requestId: '',
    publicUrl: '',
    userAgent: '',
    at,
    event: exampleEvent('', at),
    secrets: rules.secret === null ? [] : [rules.secret.write(new Uint8Array(32))],
    token: rules.token === 'NONE' ? null : 'token',
  }
  const headers = [...rules.render(context).headers, ...rules.renderTest(context).headers]
  return new Set(headers.map(({ name }) => name.toLowerCase()))
}
