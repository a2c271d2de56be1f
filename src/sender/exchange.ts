/**
 * One request and what comes of it, under one deadline for everything from the name look-up to the last byte.
 * A status line decides: whatever happens to the body afterwards, the receiver has answered.
 * A kept connection may end just as a request is written on it. Where no byte of an answer came, the request is sent
 * once more, on a new connection. Success or failure of the answer is `policy/success.ts`.
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

export interface Exchange extends User {
  /** Ends it from outside, when nobody can wait any longer; an answer already begun stands. */
  stop(answer: NoAnswer): void
}

export interface ExchangeEnd {
  /** The connection after a whole response, or after anything else. */
  readonly reusable: Connection | null
  readonly broken: Connection | null
  /** How the body of the response is coded, in the order in which the codings were applied. */
  readonly codings: readonly string[]
}

export interface ExchangeListener {
  /** The kept connection had ended: calls `begin` on the exchange once more, with a new one. */
  replace(connection: Connection): void
  ended(result: SendResult, end: ExchangeEnd): void
  /** Our own failing, not the receiver's. */
  faulted(error: Error, end: ExchangeEnd): void
}

export function makeExchange(request: SendRequest, path: string, listener: ExchangeListener): Exchange {
  const startedAt = performance.now()
  const trace: Trace = { dnsMs: null, connectMs: null, tlsMs: null, address: null }
  let written: Pick<SendRequest, 'headers' | 'body'> = request
  let connection: Connection | null = null
  let keeper: ResponseKeeper | null = null
  let firstByteMs: number | null = null
  let over = false
  /** Whether the request was written on the connection that it has now. */
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
      // A pause of this process may also have ended the connection, or the time limit, before the request was
      // written. One that was written before may have been received.
      ...(!isWritten && !isResent && request.mayBegin?.() === false && { notBegun: true as const }),
    }
    const isReusable = complete && connection?.isReusable() === true
    listener.ended(result, {
      reusable: isReusable ? connection : null,
      broken: isReusable ? null : connection,
      codings: keeper?.head.codings ?? [],
    })
  }

  /** What came of an answer to this request; null before the request was written. */
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
      // As curl does: the end of the connection also ends a head whose status line came whole.
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

  /** A connection that was used before, on which no byte of an answer came: its end says nothing of the receiver. */
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
      // The deadline may have come while the request waited for its connection: then nothing is written.
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

// A refused destination tells no address, and not how far it got: that would say what a name resolves to inside.
const nothingTold = {
  resolvedAddress: null,
  phases: { dnsMs: null, connectMs: null, tlsMs: null, firstByteMs: null },
}

/** undici's form that keeps order, case and repeats: name, value, name, value... */
function flat(headers: SendRequest['headers']): string[] {
  const list: string[] = []
  for (const header of headers) list.push(header.name, header.value)
  return list
}

/** The receiver ended the connection, without a reset. */
function isOrderlyEnd(error: Error): boolean {
  return 'code' in error && error.code === 'UND_ERR_SOCKET'
}

function rounded(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms)
}
