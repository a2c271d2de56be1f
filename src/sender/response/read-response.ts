/** Keeps the part of a response that is stored and counts the other bytes. Memory is limited to 16 KiB per body. */
import { parseRetryAfter } from '../../domain/policies/retry-after.ts'
import type { ReceivedResponse } from '../../domain/deliveries/outcome.ts'
import type { ResponseHead } from './head.ts'
import type { Received } from './tolerant-parser.ts'

/** Bytes of a body that are stored. */
export const keptBodyBytes = 16 * 1024
/** Bytes of a body that are read. After more, the connection is closed. */
export const readBodyBytes = 1024 * 1024

const noBody = Buffer.alloc(0)

/** Collects one response. */
export interface ResponseKeeper {
  readonly head: ResponseHead
  /** Returns false when the read limit is exceeded and the connection should be closed. */
  add(chunk: Uint8Array): boolean
  /** Returns the response. `complete`: the end of the body was received; otherwise reading stopped early. */
  finish(complete: boolean): ReceivedResponse
}

/** Creates a keeper for the response with this head. */
export function makeResponseKeeper(head: ResponseHead): ResponseKeeper {
  const kept: Buffer[] = []
  let keptBytes = 0
  let countedBytes = 0

  return {
    head,
    add(chunk) {
      countedBytes += chunk.length
      if (keptBytes < keptBodyBytes) {
        // Copied, because a chunk is a view of a larger buffer, which it would keep in memory.
        const copy = Buffer.from(chunk.subarray(0, keptBodyBytes - keptBytes))
        kept.push(copy)
        keptBytes += copy.length
      }
      return countedBytes <= readBodyBytes
    },
    finish: (complete) => ({
      statusCode: head.status,
      headers: head.headers,
      body: kept.length > 1 ? Buffer.concat(kept) : (kept[0] ?? noBody),
      bodySize: complete ? countedBytes : declaredBytes(head),
      truncated: !complete || countedBytes > keptBytes,
      decompressed: false,
      malformed: false,
    }),
  }
}

/**
 * The received bytes when no response could be read: the first bytes, for diagnosis. Null when no bytes were received.
 */
export function unreadResponse(received: Received | null): ReceivedResponse | null {
  if (received === null || received.bytes === 0) return null
  const { bytes, first, status, head } = received
  return {
    statusCode: status,
    headers: head?.headers ?? [],
    body: first,
    bodySize: bytes,
    truncated: bytes > first.length,
    decompressed: false,
    malformed: true,
  }
}

/** The first Retry-After header that can be parsed, otherwise the first one. Null when there is none. */
export function retryAfterOf({ retryAfter }: ResponseHead): string | null {
  return retryAfter.find((value) => parseRetryAfter(value, 0) !== null) ?? retryAfter[0] ?? null
}

function declaredBytes({ bodyEnd }: ResponseHead): number | null {
  return bodyEnd.kind === 'LENGTH' ? bodyEnd.bytes : null
}
