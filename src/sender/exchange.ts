/**
 * Sends one request and reads its response, under one deadline from the DNS look-up to the last byte.
 * The receiver has answered once its status line is read, even if the body fails afterwards.
 * A receiver may close a reused connection just as a request is written on it. If no byte of a response was received,
 * the request is sent once more on a new connection. Does not decide whether the response means success.
 */
import type { Dispatcher } from 'undici'
import type { Answer, NoAnswer, SendResult } from '../domain/deliveries/outcome.ts'
import type { SendRequest } from '../ports/platform.ts'
import { classifyExchange } from './classify-error.ts'
import type { Connection, User } from './connection-pool.ts'
import type { Trace } from './dial.ts'
import {
  makeResponseKeeper,
  retryAfterOf,
  unreadResponse,
  type ResponseKeeper,
} from './response/read-response.ts'
import type { Received } from './response/tolerant-parser.ts'

/** A running request. */
export interface Exchange extends User {
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

/** Creates an exchange and starts its deadline. The request is sent when `begin` is called with a connection. */
export function makeExchange(request: SendRequest, path: string, listener: ExchangeListener): Exchange {
  const startedAt = performance.now()
  const trace: Trace = { dnsMs: null, connectMs: null, tlsMs: null, address: null }
  let written: Pick<SendRequest, 'headers' | 'body'> = request
  let connection: Connection | null = null
  let keeper: ResponseKeeper | null = null
  let firstByteMs: number | null = null
  let over = false
  /** Whether the request was written on the current connection. */
  let isWritten = false
  let isResent = false

  const deadline = setTimeout(() => {
    stop({ kind: 'TIMED_OUT', detail: `no answer within ${request.timeoutMs} ms` })
  }, request.timeoutMs)

  function stop(answer: NoAnswer): void {
    if (!over) end(answer, false)
  }

  function end(noAnswer: NoAnswer | null, complete: boolean): void {
    over = true
    clearTimeout(deadline)
    const received = receivedBytes()
    const answer: Answer =
      keeper !== null
        ? { kind: 'ANSWERED', status: keeper.head.status, retryAfter: retryAfterOf(keeper.head) }
        : (noAnswer ?? { kind: 'PROTOCOL_ERROR', detail: 'the response ended before it began' })
    const response = keeper?.finish(complete) ?? (received === null ? null : unreadResponse(received))
    const result: SendResult = {
      answer,
      response,
      resolvedAddress: trace.address ?? connection?.address ?? null,
      durationMs: Math.round(performance.now() - startedAt),
      phases: {
        dnsMs: rounded(trace.dnsMs),
        connectMs: rounded(trace.connectMs),
        tlsMs: rounded(trace.tlsMs),
        firstByteMs: rounded(firstByteMs),
      },
      resentOnNewConnection: isResent,
      ...(answer.kind === 'BLOCKED' && nothingTold),
      // After a pause of this process, the connection or the time limit may have ended before the request was written.
      // A request that was written on an earlier connection may have been received, so it counts as begun.
      ...(!isWritten && !isResent && request.mayBegin?.() === false && { notBegun: true as const }),
    }
    const isReusable = complete && connection?.isReusable() === true
    listener.ended(result, {
      reusable: isReusable ? connection : null,
      broken: isReusable ? null : connection,
      codings: keeper?.head.codings ?? [],
    })
  }

  /** The response bytes received for this request. Null before the request is written. */
  function receivedBytes(): Received | null {
    return isWritten ? (connection?.received() ?? null) : null
  }

  function fail(error: Error): void {
    if (over) return
    const answer = classifyExchange(error)
    if (keeper === null && answer !== null && endedWhileKept(answer)) {
      sendAgain()
      return
    }
    const received = receivedBytes()
    if (keeper === null && isOrderlyEnd(error) && received !== null) {
      // As in curl, the end of the connection also ends a head whose status line is complete.
      if (received.head !== null) keeper = makeResponseKeeper(received.head)
      else if (received.bytes > 0 && received.refusal !== null) {
        end({ kind: 'PROTOCOL_ERROR', detail: received.refusal.message }, false)
        return
      }
    }
    if (answer !== null || keeper !== null) {
      end(answer, false)
      return
    }
    over = true
    clearTimeout(deadline)
    listener.faulted(
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
  function endedWhileKept({ kind }: NoAnswer): boolean {
    if (connection?.wasUsed() !== true || (kind !== 'CONNECTION_FAILED' && kind !== 'TLS_FAILED'))
      return false
    return (receivedBytes()?.bytes ?? 0) === 0
  }

  function sendAgain(): void {
    const ended = connection
    if (ended === null) return
    if (isWritten) {
      isResent = true
      written = request.writeAgain?.() ?? written
    }
    isWritten = false
    listener.replace(ended)
  }

  const handler: Dispatcher.DispatchHandler = {
    onRequestStart(controller) {
      // The deadline may have passed while the request waited for a connection. Then nothing is written.
      if (over) {
        controller.abort(new Error('the request is over'))
        return
      }
      // The wait for the connection, or a pause of this process, may have used up the lease.
      if (request.mayBegin?.() === false) {
        end({ kind: 'INTERRUPTED', detail: 'the lease left too little time; nothing was sent' }, false)
        controller.abort(new Error('the request may not begin any more'))
        return
      }
      isWritten = true
      connection?.expectHead()
    },
    onResponseStart() {
      const head = receivedBytes()?.head ?? null
      if (over || head === null) return
      firstByteMs = performance.now() - startedAt
      keeper = makeResponseKeeper(head)
    },
    onResponseData(_controller, chunk) {
      if (!over && keeper?.add(chunk) === false) end(null, false)
    },
    onResponseEnd() {
      if (!over) end(null, true)
    },
    onResponseError(_controller, error) {
      fail(error)
    },
  }

  return {
    trace,
    stop,
    isOver: () => over,
    begin(given) {
      connection = given
      given.client.dispatch(
        {
          path,
          method: 'POST',
          headers: flat(written.headers),
          body: written.body,
          headersTimeout: 0,
          bodyTimeout: 0,
        },
        handler,
      )
    },
  }
}

// The result of a blocked request has no address and no timings. They would reveal what a name resolves to in the
// internal network.
const nothingTold = {
  resolvedAddress: null,
  phases: { dnsMs: null, connectMs: null, tlsMs: null, firstByteMs: null },
}

/** Headers as undici's flat list (name, value, name, value), which preserves order, case and duplicates. */
function flat(headers: SendRequest['headers']): string[] {
  const list: string[] = []
  for (const header of headers) list.push(header.name, header.value)
  return list
}

/** Whether the receiver closed the connection without a reset. */
function isOrderlyEnd(error: Error): boolean {
  return 'code' in error && error.code === 'UND_ERR_SOCKET'
}

function rounded(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms)
}
