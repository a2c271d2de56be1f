/**
 * Maps an error raised while sending to a receiver to the outcome's kind and text. Errors caused by the receiver,
 * DNS or the network become a NoAnswer. A local shortage (file descriptors, memory) or an invalid request is a fault,
 * for which the functions return null.
 */
import { errors } from 'undici'
import type { NoAnswer } from '../domain/deliveries/outcome.ts'
import { NoAnswerError } from './response/no-answer-error.ts'
import { errorCode } from '../domain/shared/error-code.ts'

/** The same text for every refusal. A specific reason would reveal what a name resolves to in the internal network. */
export const blockedDetail = 'the destination is not allowed'

const ourShortages = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM'])
const ourMistakes = new Set(['UND_ERR_INVALID_ARG', 'UND_ERR_NOT_SUPPORTED'])

const connectionTexts: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was closed',
  ECONNABORTED: 'the connection was aborted',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  EADDRNOTAVAIL: 'the network cannot be reached',
  EACCES: 'the network refuses the connection',
  EPERM: 'the network refuses the connection',
}

const tlsTexts: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'the certificate has expired',
  CERT_NOT_YET_VALID: 'the certificate is not valid yet',
  CERT_REVOKED: 'the certificate was revoked',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'the certificate is signed by an authority that is not trusted',
  UNABLE_TO_GET_ISSUER_CERT: 'the certificate is signed by an authority that is not trusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'the certificate is signed by an authority that is not trusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the certificate is signed by an authority that is not trusted',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is not valid for this host',
  ERR_SSL_WRONG_VERSION_NUMBER: 'the other side does not speak TLS',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'the other side does not speak TLS',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'there is no TLS version in common; 1.2 or 1.3 is needed',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'there is no TLS version in common; 1.2 or 1.3 is needed',
  ECONNRESET: 'the connection was closed during the TLS handshake',
}

/** Classifies an error of a DNS look-up. Returns null for a fault of this process. */
export function classifyLookup(error: unknown): NoAnswer | null {
  if (isOurs(error)) return null
  return { kind: 'DNS_FAILED', detail: withCode('the host name could not be resolved', error) }
}

/** Classifies an error of the TLS handshake. Returns null for a fault of this process. */
export function classifyHandshake(error: unknown): NoAnswer | null {
  if (isOurs(error)) return null
  return {
    kind: 'TLS_FAILED',
    detail: tlsTexts[errorCode(error)] ?? withCode('the TLS handshake failed', error),
  }
}

/**
 * Classifies an error between the TCP connect and the response's status line. Returns null for a fault of this process.
 */
export function classifyExchange(error: unknown): NoAnswer | null {
  if (error instanceof NoAnswerError) return error.answer
  if (isOurs(error)) return null
  const code = errorCode(error)
  if (code === 'ETIMEDOUT') return { kind: 'TIMED_OUT', detail: 'the other side stopped answering' }
  // In TLS 1.3 a server can reject the client (missing client certificate) only after the client's handshake is
  // complete.
  if (code.startsWith('ERR_SSL_') || code === 'EPROTO') return classifyHandshake(error)
  // Checked by class, because undici 7.30 leaves the parser's error code (HPE_...) undefined.
  const isGarbled = error instanceof errors.HTTPParserError || code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH'
  if (isGarbled) return { kind: 'PROTOCOL_ERROR', detail: 'the response is not valid HTTP/1.1' }
  if (isBadResponse(error))
    return { kind: 'PROTOCOL_ERROR', detail: 'the response is not one to this request' }
  const text = connectionTexts[code]
  if (text !== undefined) return { kind: 'CONNECTION_FAILED', detail: text }
  if (code === 'UND_ERR_SOCKET') {
    return { kind: 'CONNECTION_FAILED', detail: 'the connection was closed before an answer came' }
  }
  return { kind: 'CONNECTION_FAILED', detail: withCode('the connection failed', error) }
}

/**
 * undici reports an unsolicited upgrade and an unsolicited response with the error code of a closed socket. Only the
 * message differs.
 */
function isBadResponse(error: unknown): boolean {
  return error instanceof Error && (error.message === 'bad upgrade' || error.message === 'bad response')
}

/** Whether the receiver closed the connection without a reset. */
export function isOrderlyEnd(error: Error): boolean {
  return errorCode(error) === 'UND_ERR_SOCKET'
}

function isOurs(error: unknown): boolean {
  const code = errorCode(error)
  return ourShortages.has(code) || ourMistakes.has(code)
}

/**
 * Appends the error code. Codes come from the operating system or OpenSSL, never from the receiver. Cut at 64
 * characters.
 */
function withCode(text: string, error: unknown): string {
  const code = errorCode(error).slice(0, 64)
  return code === '' ? text : `${text} (${code})`
}
