/**
 * Sends one request and reads its response, under one deadline from the DNS look-up to the last byte.
 * The receiver has answered once its status line is read, even if the body fails afterwards.
 * A receiver may close a reused connection just as a request is written on it. If no byte of a response was received,
 * the request is sent once more on a new connection. Does not decide whether the response means success.
 */
import type { Dispatcher } from 'undici'
import type { Answer, NoAnswer, SendResult } from '../domain/deliveries/outcome.ts'
import type { SendRequest } from '../ports/sender.ts'
import { classifyExchange, isOrderlyEnd } from './classify-error.ts'
import type { Connection, ConnectionUser } from './connection-pool.ts'
import type { Trace } from './dial.ts'
import {
  makeResponseKeeper,
  retryAfterOf,
  unreadResponse,
  type ResponseKeeper,
} from './response/read-response.ts'
import type { Received } from './response/tolerant-parser.ts'
import { phasesOf, redactedBlockedResult } from './send-result.ts'

/** The state in which an exchange leaves its connection. */
export interface ExchangeEnd {
  /** The connection, if the response was complete and regular. */
  readonly reusable: Connection | null
  /** The connection, if it must be closed. */
  readonly broken: Connection | null
  /** The codings of the response body, in the order in which they were applied. */
  readonly codings: readonly string[]
}

/** Receives the results of the exchanges of a sender. */
export interface ExchangeListener {
  /** The reused connection had ended. The listener calls `begin` on the exchange again, with a new connection. */
  replace(exchange: Exchange, connection: Connection): void
  ended(exchange: Exchange, result: SendResult, end: ExchangeEnd): void
  /** The request failed by a fault of this process, not of the receiver. */
  faulted(exchange: Exchange, error: Error, end: ExchangeEnd): void
}

/**
 * One request on its way, from the DNS look-up to the last byte of the response. A class, because thousands of requests
 * per second would each create about ten functions that differ only in their request.
 */
export class Exchange implements ConnectionUser, Dispatcher.DispatchHandler {
  readonly request: SendRequest
  readonly listener: ExchangeListener
  /** Settle the promise of the sender's caller. */
  readonly resolve: (result: SendResult | Promise<SendResult>) => void
  readonly reject: (error: Error) => void
  readonly startedAt = performance.now()
  readonly trace: Trace = { dnsMs: null, connectMs: null, tlsMs: null, address: null }
  readonly deadline: NodeJS.Timeout
  /** The headers and the body that were written last. */
  written: Pick<SendRequest, 'headers' | 'body'>
  connection: Connection | null = null
  /** Null until the head of the response is read. */
  keeper: ResponseKeeper | null = null
  firstByteMs: number | null = null
  hasEnded = false
  /** Whether the request was written on the current connection. */
  isWritten = false
  isResent = false
  private readonly path: string

  /** Starts the deadline. The request is sent when `begin` is called with a connection. */
  constructor(
    request: SendRequest,
    path: string,
    listener: ExchangeListener,
    resolve: Exchange['resolve'],
    reject: Exchange['reject'],
  ) {
    this.request = request
    this.path = path
    this.listener = listener
    this.resolve = resolve
    this.reject = reject
    this.written = request
    this.deadline = setTimeout(passDeadline, request.timeoutMs, this)
  }

  /** Ends the request early with this outcome. If the response has already begun, the response is kept instead. */
  stop(answer: NoAnswer): void {
    if (!this.hasEnded) end(this, answer, false)
  }

  isOver(): boolean {
    return this.hasEnded
  }

  begin(connection: Connection): void {
    this.connection = connection
    const { headers, body } = this.written
    connection.client.dispatch(
      { path: this.path, method: 'POST', headers: flat(headers), body, headersTimeout: 0, bodyTimeout: 0 },
      this,
    )
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // The deadline may have passed while the request waited for a connection. Then nothing is written.
    if (this.hasEnded) {
      controller.abort(new Error('the request is over'))
      return
    }
    // The wait for the connection, or a pause of this process, may have used up the lease.
    if (this.request.mayBegin?.() === false) {
      end(this, { kind: 'INTERRUPTED', detail: 'the lease left too little time; nothing was sent' }, false)
      controller.abort(new Error('the request may not begin any more'))
      return
    }
    this.isWritten = true
    this.connection?.expectHead()
  }

  onResponseStart(): void {
    const head = receivedBytes(this)?.head ?? null
    if (this.hasEnded || head === null) return
    this.firstByteMs = performance.now() - this.startedAt
    this.keeper = makeResponseKeeper(head)
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.hasEnded && this.keeper?.add(chunk) === false) end(this, null, false)
  }

  onResponseEnd(): void {
    if (!this.hasEnded) end(this, null, true)
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (!this.hasEnded) fail(this, error)
  }
}

function passDeadline(exchange: Exchange): void {
  exchange.stop({ kind: 'TIMED_OUT', detail: `no answer within ${exchange.request.timeoutMs} ms` })
}

/** Ends the exchange. `noAnswer`: the outcome if no response has begun. `complete`: the whole response was received. */
function end(exchange: Exchange, noAnswer: NoAnswer | null, complete: boolean): void {
  const { keeper, connection } = exchange
  exchange.hasEnded = true
  clearTimeout(exchange.deadline)
  const isReusable = complete && connection?.isReusable() === true
  exchange.listener.ended(exchange, resultOf(exchange, noAnswer, complete), {
    reusable: isReusable ? connection : null,
    broken: isReusable ? null : connection,
    codings: keeper?.head.codings ?? [],
  })
}

function resultOf(exchange: Exchange, noAnswer: NoAnswer | null, complete: boolean): SendResult {
  const { request, trace, keeper, connection, isWritten, isResent } = exchange
  const answer: Answer =
    keeper !== null
      ? { kind: 'ANSWERED', status: keeper.head.status, retryAfter: retryAfterOf(keeper.head) }
      : (noAnswer ?? { kind: 'PROTOCOL_ERROR', detail: 'the response ended before it began' })
  const result: SendResult = {
    answer,
    response: keeper === null ? unreadResponse(receivedBytes(exchange)) : keeper.finish(complete),
    resolvedAddress: trace.address ?? connection?.address ?? null,
    durationMs: Math.round(performance.now() - exchange.startedAt),
    phases: phasesOf(trace, exchange.firstByteMs),
    resentOnNewConnection: isResent,
  }
  const shown = answer.kind === 'BLOCKED' ? { ...result, ...redactedBlockedResult } : result
  // After a pause of this process, the connection or the time limit may have ended before the request was written.
  // A request that was written on an earlier connection may have been received, so it counts as begun.
  const isBegun = isWritten || isResent || request.mayBegin?.() !== false
  return isBegun ? shown : { ...shown, notBegun: true }
}

/** The response bytes received for this request. Null before the request is written. */
function receivedBytes({ isWritten, connection }: Exchange): Received | null {
  return isWritten ? (connection?.received() ?? null) : null
}

function fail(exchange: Exchange, error: Error): void {
  const answer = classifyExchange(error)
  if (exchange.keeper === null && answer !== null && endedWhileIdle(exchange, answer)) {
    sendAgain(exchange)
    return
  }
  const received = receivedBytes(exchange)
  if (exchange.keeper === null && isOrderlyEnd(error) && received !== null) {
    // As in curl, the end of the connection also ends a head whose status line is complete.
    if (received.head !== null) exchange.keeper = makeResponseKeeper(received.head)
    else if (received.bytes > 0 && received.refusal !== null) {
      end(exchange, { kind: 'PROTOCOL_ERROR', detail: received.refusal.message }, false)
      return
    }
  }
  if (answer !== null || exchange.keeper !== null) end(exchange, answer, false)
  else fault(exchange, error)
}

/** Ends the exchange because of a fault of this process. */
function fault(exchange: Exchange, error: Error): void {
  const { request, listener, connection } = exchange
  exchange.hasEnded = true
  clearTimeout(exchange.deadline)
  listener.faulted(
    exchange,
    new Error(`sending to ${new URL(request.url).host}: ${error.message}`, { cause: error }),
    {
      reusable: null,
      broken: connection,
      codings: [],
    },
  )
}

/**
 * Whether a reused connection failed before any byte of the response. The receiver may have closed it while it was
 * idle, so the failure is not an outcome of this request.
 */
function endedWhileIdle(exchange: Exchange, { kind }: NoAnswer): boolean {
  if (exchange.connection?.wasUsed() !== true || (kind !== 'CONNECTION_FAILED' && kind !== 'TLS_FAILED'))
    return false
  return (receivedBytes(exchange)?.bytes ?? 0) === 0
}

function sendAgain(exchange: Exchange): void {
  const { connection: ended, request, listener } = exchange
  if (ended === null) return
  if (exchange.isWritten) {
    exchange.isResent = true
    exchange.written = request.writeAgain?.() ?? exchange.written
  }
  exchange.isWritten = false
  listener.replace(exchange, ended)
}

/** Headers as undici's flat list (name, value, name, value), which preserves order, case and duplicates. */
function flat(headers: SendRequest['headers']): string[] {
  const list: string[] = []
  for (const header of headers) list.push(header.name, header.value)
  return list
}
