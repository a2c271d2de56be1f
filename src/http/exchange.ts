/**
 * One request and what comes of it, under one deadline for everything from the name look-up to the last byte.
 * A status line decides: whatever happens to the body afterwards, the receiver has answered.
 * Success or failure of that answer is `policy/success.ts`.
 */
import type { Dispatcher } from 'undici'
import type { Answer, NoAnswer, SendResult } from '../domain/outcome.ts'
import type { SendRequest } from '../flow/ports.ts'
import { classifyExchange } from './classify.ts'
import type { Connection, User } from './connections.ts'
import type { Trace } from './dial.ts'
import { makeResponseKeeper, type ResponseKeeper } from './response.ts'

export interface Exchange extends User {
  /** Ends it from outside, when nobody can wait any longer; an answer already begun stands. */
  stop(answer: NoAnswer): void
}

export interface ExchangeEnd {
  /** The connection after a whole response, or after anything else. */
  readonly reusable: Connection | null
  readonly broken: Connection | null
}

export interface ExchangeListener {
  ended(result: SendResult, end: ExchangeEnd): void
  /** Our own failing, not the receiver's. */
  faulted(error: Error, end: ExchangeEnd): void
}

export function makeExchange(request: SendRequest, path: string, listener: ExchangeListener): Exchange {
  const startedAt = performance.now()
  const trace: Trace = { dnsMs: null, connectMs: null, tlsMs: null, address: null }
  let connection: Connection | null = null
  let keeper: ResponseKeeper | null = null
  let statusCode = 0
  let firstByteMs: number | null = null
  let over = false

  const deadline = setTimeout(() => {
    stop({ kind: 'TIMED_OUT', detail: `no answer within ${request.timeoutMs} ms` })
  }, request.timeoutMs)

  function stop(answer: NoAnswer): void {
    if (!over) end(answer, false)
  }

  function end(noAnswer: NoAnswer | null, complete: boolean): void {
    over = true
    clearTimeout(deadline)
    const response = keeper?.finish(complete) ?? null
    const answer: Answer =
      keeper !== null
        ? { kind: 'ANSWERED', status: statusCode, retryAfter: keeper.retryAfter() }
        : (noAnswer ?? { kind: 'PROTOCOL_ERROR', detail: 'the response ended before it began' })
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
      ...(answer.kind === 'BLOCKED' && nothingTold),
    }
    listener.ended(
      result,
      complete ? { reusable: connection, broken: null } : { reusable: null, broken: connection },
    )
  }

  function fail(error: Error): void {
    if (over) return
    const answer = classifyExchange(error)
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
      },
    )
  }

  const handler: Dispatcher.DispatchHandler = {
    onRequestStart(controller) {
      // The deadline may have come while the request waited for its connection: then nothing is written.
      if (over) {
        controller.abort(new Error('the request is over'))
        return
      }
      connection?.expectHead()
    },
    onResponseStart(controller, status) {
      // Informational responses never are the answer, and never move the deadline.
      if (over || status < 200) return
      firstByteMs = performance.now() - startedAt
      statusCode = status
      keeper = makeResponseKeeper(status, controller.rawHeaders as readonly Uint8Array[])
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
          headers: flat(request),
          body: request.body,
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
function flat(request: SendRequest): string[] {
  const list: string[] = []
  for (const header of request.headers) list.push(header.name, header.value)
  return list
}

function rounded(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms)
}
