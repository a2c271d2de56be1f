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

/** A running request. */
export interface Exchange extends ConnectionUser {
  /** Ends the request early with this outcome. If the response has already begun, the response is kept instead. */
  stop(answer: NoAnswer): void
}

/** The state in which an exchange leaves its connection. */
export interface ExchangeEnd {
  /** The connection, if the response was complete and regular. */
  readonly reusable: Connection | null
  /** The connection, if it must be closed. */
  readonly broken: Connection | null
  /** The codings of the response body, in the order in which they were applied. */
  readonly codings: readonly string[]
}

/** Receives the result of an exchange. */
export interface ExchangeListener {
  /** The reused connection had ended. The listener calls `begin` on the exchange again, with a new connection. */
  replace(connection: Connection): void
  ended(result: SendResult, end: ExchangeEnd): void
  /** The request failed by a fault of this process, not of the receiver. */
  faulted(error: Error, end: ExchangeEnd): void
}

/** One request on its way, from the DNS look-up to the last byte of the response. */
interface ExchangeState {
  readonly request: SendRequest
  readonly path: string
  readonly listener: ExchangeListener
  readonly startedAt: number
  readonly trace: Trace
  readonly deadline: NodeJS.Timeout
  /** The headers and the body that were written last. */
  written: Pick<SendRequest, 'headers' | 'body'>
  connection: Connection | null
  /** Null until the head of the response is read. */
  keeper: ResponseKeeper | null
  firstByteMs: number | null
  isOver: boolean
  /** Whether the request was written on the current connection. */
  isWritten: boolean
  isResent: boolean
}

/** Creates an exchange and starts its deadline. The request is sent when `begin` is called with a connection. */
export function makeExchange(request: SendRequest, path: string, listener: ExchangeListener): Exchange {
  const { timeoutMs } = request
  const state: ExchangeState = {
    request,
    path,
    listener,
    startedAt: performance.now(),
    trace: { dnsMs: null, connectMs: null, tlsMs: null, address: null },
    deadline: setTimeout(
      () => stop(state, { kind: 'TIMED_OUT', detail: `no answer within ${timeoutMs} ms` }),
      timeoutMs,
    ),
    written: request,
    connection: null,
    keeper: null,
    firstByteMs: null,
    isOver: false,
    isWritten: false,
    isResent: false,
  }
  const handler = handlerOf(state)
  return {
    trace: state.trace,
    stop: (answer) => stop(state, answer),
    isOver: () => state.isOver,
    begin: (connection) => {
      state.connection = connection
      connection.client.dispatch(
        {
          path: state.path,
          method: 'POST',
          headers: flat(state.written.headers),
          body: state.written.body,
          headersTimeout: 0,
          bodyTimeout: 0,
        },
        handler,
      )
    },
  }
}

/** The callbacks of undici. */
function handlerOf(state: ExchangeState): Dispatcher.DispatchHandler {
  return {
    onRequestStart(controller) {
      // The deadline may have passed while the request waited for a connection. Then nothing is written.
      if (state.isOver) {
        controller.abort(new Error('the request is over'))
        return
      }
      // The wait for the connection, or a pause of this process, may have used up the lease.
      if (state.request.mayBegin?.() === false) {
        end(state, { kind: 'INTERRUPTED', detail: 'the lease left too little time; nothing was sent' }, false)
        controller.abort(new Error('the request may not begin any more'))
        return
      }
      state.isWritten = true
      state.connection?.expectHead()
    },
    onResponseStart() {
      const head = receivedBytes(state)?.head ?? null
      if (state.isOver || head === null) return
      state.firstByteMs = performance.now() - state.startedAt
      state.keeper = makeResponseKeeper(head)
    },
    onResponseData(_controller, chunk) {
      if (!state.isOver && state.keeper?.add(chunk) === false) end(state, null, false)
    },
    onResponseEnd() {
      if (!state.isOver) end(state, null, true)
    },
    onResponseError(_controller, error) {
      if (!state.isOver) fail(state, error)
    },
  }
}

function stop(state: ExchangeState, answer: NoAnswer): void {
  if (!state.isOver) end(state, answer, false)
}

/** Ends the exchange. `noAnswer`: the outcome if no response has begun. `complete`: the whole response was received. */
function end(state: ExchangeState, noAnswer: NoAnswer | null, complete: boolean): void {
  const { keeper, connection } = state
  state.isOver = true
  clearTimeout(state.deadline)
  const isReusable = complete && connection?.isReusable() === true
  state.listener.ended(resultOf(state, noAnswer, complete), {
    reusable: isReusable ? connection : null,
    broken: isReusable ? null : connection,
    codings: keeper?.head.codings ?? [],
  })
}

function resultOf(state: ExchangeState, noAnswer: NoAnswer | null, complete: boolean): SendResult {
  const { request, trace, keeper, connection, isWritten, isResent } = state
  const received = receivedBytes(state)
  const answer: Answer =
    keeper !== null
      ? { kind: 'ANSWERED', status: keeper.head.status, retryAfter: retryAfterOf(keeper.head) }
      : (noAnswer ?? { kind: 'PROTOCOL_ERROR', detail: 'the response ended before it began' })
  return {
    answer,
    response: keeper?.finish(complete) ?? (received === null ? null : unreadResponse(received)),
    resolvedAddress: trace.address ?? connection?.address ?? null,
    durationMs: Math.round(performance.now() - state.startedAt),
    phases: phasesOf(trace, state.firstByteMs),
    resentOnNewConnection: isResent,
    ...(answer.kind === 'BLOCKED' && redactedBlockedResult),
    // After a pause of this process, the connection or the time limit may have ended before the request was written.
    // A request that was written on an earlier connection may have been received, so it counts as begun.
    ...(!isWritten && !isResent && request.mayBegin?.() === false && { notBegun: true as const }),
  }
}

/** The response bytes received for this request. Null before the request is written. */
function receivedBytes({ isWritten, connection }: ExchangeState): Received | null {
  return isWritten ? (connection?.received() ?? null) : null
}

function fail(state: ExchangeState, error: Error): void {
  const answer = classifyExchange(error)
  if (state.keeper === null && answer !== null && endedWhileIdle(state, answer)) {
    sendAgain(state)
    return
  }
  const received = receivedBytes(state)
  if (state.keeper === null && isOrderlyEnd(error) && received !== null) {
    // As in curl, the end of the connection also ends a head whose status line is complete.
    if (received.head !== null) state.keeper = makeResponseKeeper(received.head)
    else if (received.bytes > 0 && received.refusal !== null) {
      end(state, { kind: 'PROTOCOL_ERROR', detail: received.refusal.message }, false)
      return
    }
  }
  if (answer !== null || state.keeper !== null) end(state, answer, false)
  else fault(state, error)
}

/** Ends the exchange because of a fault of this process. */
function fault(state: ExchangeState, error: Error): void {
  const { request, listener, connection } = state
  state.isOver = true
  clearTimeout(state.deadline)
  listener.faulted(new Error(`sending to ${new URL(request.url).host}: ${error.message}`, { cause: error }), {
    reusable: null,
    broken: connection,
    codings: [],
  })
}

/**
 * Whether a reused connection failed before any byte of the response. The receiver may have closed it while it was
 * idle, so the failure is not an outcome of this request.
 */
function endedWhileIdle(state: ExchangeState, { kind }: NoAnswer): boolean {
  if (state.connection?.wasUsed() !== true || (kind !== 'CONNECTION_FAILED' && kind !== 'TLS_FAILED'))
    return false
  return (receivedBytes(state)?.bytes ?? 0) === 0
}

function sendAgain(state: ExchangeState): void {
  const { connection: ended, request, listener } = state
  if (ended === null) return
  if (state.isWritten) {
    state.isResent = true
    state.written = request.writeAgain?.() ?? state.written
  }
  state.isWritten = false
  listener.replace(ended)
}

/** Headers as undici's flat list (name, value, name, value), which preserves order, case and duplicates. */
function flat(headers: SendRequest['headers']): string[] {
  const list: string[] = []
  for (const header of headers) list.push(header.name, header.value)
  return list
}
