/**
 * Opens a connection to an allowed address. Resolves the host name, checks every resolved address, connects only to
 * checked addresses, checks the remote address of the socket again, and then starts TLS.
 * Does not check URLs and does not pool connections.
 */
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls, type SecureContext } from 'node:tls'
import type { AddressGuard } from './guard/address.ts'
import { blockedDetail, classifyExchange, classifyHandshake } from './classify-error.ts'
import {
  allowedAnswers,
  bareHost,
  isAllowedPort,
  isRefusedName,
  isSelf,
  portOf,
} from './guard/destination.ts'
import type { LookUp } from './dns-concurrency.ts'
import { NoAnswerError } from './response/no-answer-error.ts'

/** Timings and the remote address, filled in step by step. A timeout in the middle leaves the earlier steps visible. */
export interface Trace {
  dnsMs: number | null
  connectMs: number | null
  tlsMs: number | null
  address: string | null
}

/** What dialling needs, the same for all connections of a sender. */
export interface Dialler {
  readonly guard: AddressGuard
  readonly selfHosts: ReadonlySet<string>
  readonly allowHttp: boolean
  readonly lookUp: LookUp
  readonly secureContext: SecureContext
}

/** The project that owns the connection, and the address to connect to in undici's terms. */
export interface Target {
  readonly projectId: string
  readonly protocol: string
  readonly hostname: string
  readonly port: string
}

/**
 * The time limit for TCP and TLS together, over all addresses that are tried. Exceeding it is TIMED_OUT. The DNS
 * look-up has a limit of its own. Both count towards the request's total time limit.
 */
export const connectLimitMs = 5_000
// A name may resolve to hundreds of addresses. All are checked, only the first four are tried.
const maxAddressesDialled = 4

/**
 * Returns a connected socket, after the TLS handshake for https. Throws NoAnswerError for a failure of the receiver or
 * the network and for a blocked destination; throws the original error for a local shortage.
 */
export async function dial(
  target: Target,
  dialler: Dialler,
  trace: Trace,
  signal: AbortSignal,
): Promise<Socket> {
  const host = bareHost(target.hostname)
  const isHttps = target.protocol === 'https:'
  const port = portOf(target.protocol, target.port)
  // The URL was checked before. The connection is checked again, so that a bypass of the URL check cannot succeed.
  const isOurs = (each: string): boolean => isSelf(dialler.selfHosts, each, port)
  if (!isAllowedPort(port) || isOurs(host) || (!isHttps && !dialler.allowHttp)) throw blocked()

  const addresses = isIP(host) === 0 ? await lookUp(host, target, dialler, trace, signal) : [host]
  if (isIP(host) !== 0 && dialler.guard.check(host) === 'REFUSED') throw blocked()
  // A foreign name that resolves to this server.
  if (addresses.some(isOurs)) throw blocked()

  const deadline = performance.now() + connectLimitMs
  const socket = await dialFirst(addresses.slice(0, maxAddressesDialled), port, deadline, trace, signal)
  // The last check, before the first byte is sent: the address that the socket is actually connected to.
  if (dialler.guard.check(socket.remoteAddress ?? '') === 'REFUSED') {
    socket.destroy()
    trace.address = null
    throw blocked()
  }
  return isHttps ? shakeHands(socket, host, dialler.secureContext, deadline, trace, signal) : socket
}

async function lookUp(
  host: string,
  { projectId }: Target,
  dialler: Dialler,
  trace: Trace,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { guard } = dialler
  if (isRefusedName(host) && !guard.allowsAny) throw blocked()
  const startedAt = performance.now()
  const answers = await dialler.lookUp(projectId, host, signal)
  trace.dnsMs = performance.now() - startedAt
  if (answers.length === 0) throw new NoAnswerError('DNS_FAILED', 'the host name has no address')
  const allowed = allowedAnswers(host, answers, guard)
  if (allowed.length === 0) throw blocked()
  return allowed
}

/**
 * Tries the addresses one after another. The remaining time is divided equally among the remaining addresses, so that
 * an unreachable first address does not use up the time of the others.
 */
async function dialFirst(
  addresses: readonly string[],
  port: number,
  deadline: number,
  trace: Trace,
  signal: AbortSignal,
): Promise<Socket> {
  const startedAt = performance.now()
  let failure: unknown
  for (const [index, address] of addresses.entries()) {
    if (signal.aborted) break
    const shareMs = (deadline - performance.now()) / (addresses.length - index)
    try {
      const socket = connectTcp({ host: address, port, noDelay: true, keepAlive: true })
      await ready(socket, 'connect', shareMs, signal, 'the connection')
      trace.connectMs = performance.now() - startedAt
      trace.address = address
      return socket
    } catch (error) {
      failure = error
    }
  }
  throw failure instanceof NoAnswerError ? failure : asNoAnswerError(classifyExchange(failure), failure)
}

async function shakeHands(
  socket: Socket,
  host: string,
  secureContext: SecureContext,
  deadline: number,
  trace: Trace,
  signal: AbortSignal,
): Promise<Socket> {
  const startedAt = performance.now()
  // SNI does not allow IP addresses. The certificate must then contain the address itself (`host`).
  const servername = isIP(host) === 0 ? host : ''
  const secure = connectTls({
    socket,
    host,
    servername,
    secureContext,
    rejectUnauthorized: true, // explicit, because NODE_TLS_REJECT_UNAUTHORIZED=0 changes the default
    ALPNProtocols: ['http/1.1'],
  })
  try {
    await ready(secure, 'secureConnect', deadline - performance.now(), signal, 'the TLS handshake')
  } catch (error) {
    socket.destroy()
    throw error instanceof NoAnswerError ? error : asNoAnswerError(classifyHandshake(error), error)
  }
  trace.tlsMs = performance.now() - startedAt
  return secure
}

/** Waits for `event`. Destroys the socket on an error, on a timeout and when the signal is aborted. */
function ready(
  socket: Socket,
  event: string,
  limitMs: number,
  signal: AbortSignal,
  what: string,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      end(new NoAnswerError('TIMED_OUT', `${what} was not made within ${connectLimitMs} ms`))
    }, limitMs)
    const onReady = () => end(null)
    const onError = (error: Error) => end(error)
    const onClose = () => end(new NoAnswerError('CONNECTION_FAILED', 'the connection was closed'))
    const onAbort = () => end(new NoAnswerError('INTERRUPTED', 'the connection is no longer needed'))

    function end(error: Error | null): void {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      socket.off(event, onReady).off('error', onError).off('close', onClose)
      if (error === null) {
        resolve()
        return
      }
      socket.on('error', () => undefined).destroy() // a later error of an abandoned socket is ignored
      reject(error)
    }

    socket.on(event, onReady).on('error', onError).on('close', onClose)
    signal.addEventListener('abort', onAbort)
  })
}

function blocked(): NoAnswerError {
  return new NoAnswerError('BLOCKED', blockedDetail)
}

/** Wraps a classified error. A fault of this process (`answer` is null) is returned unchanged. */
function asNoAnswerError(answer: NoAnswerError['answer'] | null, cause: unknown): Error {
  if (answer !== null) return new NoAnswerError(answer.kind, answer.detail, cause)
  return cause instanceof Error ? cause : new Error('connecting failed', { cause })
}
