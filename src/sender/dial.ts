/**
 * Opens a connection that the guard allows: looks the name up, judges every answer, dials only what was
 * judged, judges the far end once more, and only then speaks TLS. Who may be rung at all by URL is
 * `destination.ts`; sharing connections is `connections.ts`.
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

/** What is learnt on the way, step by step, so that a deadline in the middle still shows the steps before. */
export interface Trace {
  dnsMs: number | null
  connectMs: number | null
  tlsMs: number | null
  address: string | null
}

export interface Dialler {
  readonly guard: AddressGuard
  readonly selfHosts: ReadonlySet<string>
  readonly allowHttp: boolean
  readonly lookUp: LookUp
  readonly secureContext: SecureContext
}

/** Whose connection it is, and undici's words for where to connect. */
export interface Target {
  readonly projectId: string
  readonly protocol: string
  readonly hostname: string
  readonly port: string
}

/**
 * TCP and TLS together, however many addresses are tried; too slow is TIMED_OUT. It runs inside the request's total
 * time, as the look-up before it does (`look-ups.ts`).
 */
export const connectLimitMs = 5_000
// A name may have hundreds of answers: all are judged, the first few are dialled.
const maxAddressesDialled = 4

export async function dial(
  target: Target,
  dialler: Dialler,
  trace: Trace,
  signal: AbortSignal,
): Promise<Socket> {
  const host = bareHost(target.hostname)
  const isHttps = target.protocol === 'https:'
  const port = portOf(target.protocol, target.port)
  // The URL was judged before; a connection is judged by itself, so that no way around the URL leads past it.
  const isOurs = (each: string): boolean => isSelf(dialler.selfHosts, each, port)
  if (!isAllowedPort(port) || isOurs(host) || (!isHttps && !dialler.allowHttp)) throw blocked()

  const addresses = isIP(host) === 0 ? await lookUp(host, target, dialler, trace, signal) : [host]
  if (isIP(host) !== 0 && dialler.guard.judge(host) === 'REFUSED') throw blocked()
  // A name of somebody's that leads to us.
  if (addresses.some(isOurs)) throw blocked()

  const deadline = performance.now() + connectLimitMs
  const socket = await dialFirst(addresses.slice(0, maxAddressesDialled), port, deadline, trace, signal)
  // The backstop, and before the first byte: whatever was dialled, this is who answered.
  if (dialler.guard.judge(socket.remoteAddress ?? '') === 'REFUSED') {
    socket.destroy()
    trace.address = null
    throw blocked()
  }
  return isHttps ? shakeHands(socket, host, dialler.secureContext, deadline, trace, signal) : socket
}

async function lookUp(
  host: string,
  { projectId }: Target,
  { guard, lookUp: ask }: Dialler,
  trace: Trace,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (isRefusedName(host) && !guard.opensAny) throw blocked()
  const startedAt = performance.now()
  const answers = await ask(projectId, host, signal)
  trace.dnsMs = performance.now() - startedAt
  if (answers.length === 0) throw new NoAnswerError('DNS_FAILED', 'the host name has no address')
  const allowed = allowedAnswers(host, answers, guard)
  if (allowed.length === 0) throw blocked()
  return allowed
}

/** One address after the other. Each gets its share of what is left, so that a dead first one is no dead end. */
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
  // A literal address has no server name to send; its certificate must then hold the address itself (`host`).
  const servername = isIP(host) === 0 ? host : ''
  const secure = connectTls({
    socket,
    host,
    servername,
    secureContext,
    rejectUnauthorized: true, // said, because NODE_TLS_REJECT_UNAUTHORIZED=0 changes what is left unsaid
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

/** Waits for `event`; destroys the socket when it fails, takes too long or is no longer wanted. */
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
      socket.on('error', () => undefined).destroy() // a late error of a socket given up is nobody's
      reject(error)
    }

    socket.on(event, onReady).on('error', onError).on('close', onClose)
    signal.addEventListener('abort', onAbort)
  })
}

function blocked(): NoAnswerError {
  return new NoAnswerError('BLOCKED', blockedDetail)
}

/** A shortage of our own stays what it is: a fault, thrown on. */
function asNoAnswerError(answer: NoAnswerError['answer'] | null, cause: unknown): Error {
  if (answer !== null) return new NoAnswerError(answer.kind, answer.detail, cause)
  return cause instanceof Error ? cause : new Error('connecting failed', { cause })
}
