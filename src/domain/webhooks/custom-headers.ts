/**
 * Headers of a partner's own: which may be sent besides the dialect's, and which of them are credentials
 * and therefore sealed and shown no more.
 */
import { mask } from '../shared/mask.ts'
import { exampleEvent } from '../orders/event.ts'
import type { Header } from '../deliveries/outcome.ts'
import type { Dialect } from '../dialects/registry.ts'
import { problem, type Problem } from '../shared/problem.ts'
import type { CustomHeader } from './webhook.ts'
import { dialectRules } from '../dialects/registry.ts'

/** The most headers of one webhook. */
export const maxHeaders = 20
/** Of a name, in characters. */
export const maxNameLength = 256
/** Of a value, in bytes of latin-1. */
export const maxValueBytes = 8_192
/** Of all names and values together, in bytes. */
export const maxAllBytes = 16_384

// RFC 9110, section 5.6.2.
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
// What may stand in a value: spaces, tabs and visible latin-1. No CR, LF or NUL: they would begin another header.
const value = /^[\t\x20-\x7e\xa0-\xff]*$/

/** What the connection, the body or our own proof depends on. The sender refuses some of these as well. */
const reserved = new Set([
  ...['host', 'content-length', 'content-type', 'transfer-encoding', 'connection', 'te', 'upgrade', 'expect'],
  ...['trailer', 'keep-alive', 'accept-encoding', 'content-encoding', 'user-agent'],
])
const reservedPrefixes = ['proxy-', 'webhook-', 'x-fe-webhook-'] as const

const credential = /auth|cookie|token|secret|key|pass|pwd|credential|session|bearer|jwt|hmac|signature/i

/** Whether a header of that name may be a credential: better one too many hidden than one shown. */
export function isCredential(name: string): boolean {
  return credential.test(name)
}

/** The header as it may be shown. */
export function shownHeader(header: CustomHeader): Header {
  return 'value' in header ? header : { name: header.name, value: mask }
}

/** What is wrong with a webhook's own headers, all of it at once; none when they may be sent. */
export function checkHeaders(
  headers: readonly Header[],
  dialect: Dialect,
  field: readonly string[],
): readonly Problem[] {
  if (headers.length > maxHeaders)
    return [problem('TOO_MANY', field, `headers has ${headers.length} members; ${maxHeaders} are the most`)]
  const problems: Problem[] = []
  const seen = new Set<string>()
  const own = headersOf(dialect)
  for (const [index, header] of headers.entries()) {
    const at = [...field, String(index)]
    const name = header.name.toLowerCase()
    if (seen.has(name))
      problems.push(
        problem('INVALID', [...at, 'name'], 'this header is named twice; case makes no difference'),
      )
    else problems.push(...checkName(header.name, own, [...at, 'name']))
    problems.push(...checkValue(header.value, [...at, 'value']))
    seen.add(name)
  }
  const bytes = headers.reduce((sum, header) => sum + header.name.length + header.value.length, 0)
  if (problems.length === 0 && bytes > maxAllBytes)
    problems.push(
      problem('TOO_LONG', field, `the headers have ${bytes} bytes together; ${maxAllBytes} are the most`),
    )
  return problems
}

function checkName(name: string, own: ReadonlySet<string>, at: readonly string[]): readonly Problem[] {
  if (name === '') return [problem('REQUIRED', at, `a header needs a name, 1 to ${maxNameLength} characters`)]
  if (name.length > maxNameLength)
    return [problem('TOO_LONG', at, `a header's name has at most ${maxNameLength} characters`)]
  if (!token.test(name))
    return [problem('INVALID', at, "a header's name has letters, digits and !#$%&'*+-.^_`|~ only")]
  const lower = name.toLowerCase()
  if (reserved.has(lower) || own.has(lower) || reservedPrefixes.some((prefix) => lower.startsWith(prefix)))
    return [problem('INVALID', at, `${lower} is reserved: it is written by us, or by the connection`)]
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
        "a header's value is of visible latin-1 characters, without line breaks and without spaces around it",
      ),
    ]
  return []
}

/** What the dialect itself writes, in lower case: read off its own requests, so that no list can be out of step. */
function headersOf(dialect: Dialect): ReadonlySet<string> {
  const rules = dialectRules[dialect]
  const at = new Date(0)
  const context = {
    ...{ webhookId: '', deliveryId: '', requestId: '', publicUrl: '', userAgent: '', at },
    event: exampleEvent('', at),
    secrets: rules.secret === null ? [] : [rules.secret.write(new Uint8Array(32))],
    token: rules.token === 'NONE' ? null : 'token',
  }
  const headers = [...rules.render(context).headers, ...rules.renderTest(context).headers]
  return new Set(headers.map(({ name }) => name.toLowerCase()))
}
