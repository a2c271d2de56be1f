/** Keeps what is wanted of a response and counts the rest: bounded whatever the receiver sends. */
import { parseRetryAfter } from '../../domain/policies/retry-after.ts'
import type { ReceivedResponse } from '../../domain/deliveries/outcome.ts'
import type { ResponseHead } from './head.ts'
import type { Received } from './tolerant-parser.ts'

/** What is stored of a body, in bytes. */
export const keptBodyBytes = 16 * 1024
/** After so many body bytes nobody reads on: the connection is cut. */
export const readBodyBytes = 1024 * 1024

export interface ResponseKeeper {
  readonly head: ResponseHead
  /** False when enough was read and the connection should be cut. */
  add(chunk: Uint8Array): boolean
  /** `complete`: the receiver said that this is all; otherwise reading stopped early. */
  finish(complete: boolean): ReceivedResponse
}

export function makeResponseKeeper(head: ResponseHead): ResponseKeeper {
  const kept: Buffer[] = []
  let keptBytes = 0
  let countedBytes = 0

  return {
    head,
    add(chunk) {
      countedBytes += chunk.length
      if (keptBytes < keptBodyBytes) {
        // Copied, because a chunk is a view of a larger buffer that it would keep alive.
        const copy = Buffer.from(chunk.subarray(0, keptBodyBytes - keptBytes))
        kept.push(copy)
        keptBytes += copy.length
      }
      return countedBytes <= readBodyBytes
    },
    finish: (complete) => ({
      statusCode: head.status,
      headers: head.headers,
      body: kept.length === 1 && kept[0] !== undefined ? kept[0] : Buffer.concat(kept),
      bodySize: complete ? countedBytes : declaredBytes(head),
      truncated: !complete || countedBytes > keptBytes,
      decompressed: false,
      malformed: false,
    }),
  }
}

/** What came where no response could be read: the first bytes, for the person who has to find out. */
export function unreadResponse({ bytes, first, status, head }: Received): ReceivedResponse | null {
  if (bytes === 0) return null
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

/** The first Retry-After header that can be read. */
export function retryAfterOf({ retryAfter }: ResponseHead): string | null {
  return retryAfter.find((value) => parseRetryAfter(value, 0) !== null) ?? retryAfter[0] ?? null
}

function declaredBytes({ bodyEnd }: ResponseHead): number | null {
  return bodyEnd.kind === 'LENGTH' ? bodyEnd.bytes : null
}
