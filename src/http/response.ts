/**
 * Keeps what is wanted of a response and counts the rest: bounded whatever the receiver sends. The bytes are
 * kept as they came, neither decoded nor decompressed.
 */
import type { Header, ReceivedResponse } from '../domain/outcome.ts'

/** What is stored of a body, in bytes. */
export const keptBodyBytes = 16 * 1024
/** After so many body bytes nobody reads on: the connection is cut. */
export const readBodyBytes = 1024 * 1024
/** undici ends a response whose headers are larger than this, names and values together, in bytes. */
export const maxHeaderBytes = 16 * 1024
const maxHeaders = 100

export interface ResponseKeeper {
  /** False when enough was read and the connection should be cut. */
  add(chunk: Uint8Array): boolean
  retryAfter(): string | null
  /** `complete`: the receiver said that this is all; otherwise reading stopped early. */
  finish(complete: boolean): ReceivedResponse
}

export function makeResponseKeeper(statusCode: number, rawHeaders: readonly Uint8Array[]): ResponseKeeper {
  const headers = headersOf(rawHeaders)
  const kept: Buffer[] = []
  let keptBytes = 0
  let countedBytes = 0

  return {
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
    retryAfter: () => valueOf(headers, 'retry-after'),
    finish: (complete) => ({
      statusCode,
      headers,
      body: kept.length === 1 && kept[0] !== undefined ? kept[0] : Buffer.concat(kept),
      bodySize: complete ? countedBytes : declaredBytes(headers),
      truncated: !complete || countedBytes > keptBytes,
    }),
  }
}

/** Names keep their case, repeated names stay repeated; bytes beyond ASCII read as Latin-1, as in HTTP. */
function headersOf(raw: readonly Uint8Array[]): readonly Header[] {
  const headers: Header[] = []
  for (let index = 0; index + 1 < raw.length && headers.length < maxHeaders; index += 2) {
    headers.push({ name: latin1(raw[index]), value: latin1(raw[index + 1]) })
  }
  return headers
}

function latin1(bytes: Uint8Array | undefined): string {
  return bytes === undefined
    ? ''
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

function valueOf(headers: readonly Header[], name: string): string | null {
  return (
    headers.find((each) => each.name.length === name.length && each.name.toLowerCase() === name)?.value ??
    null
  )
}

function declaredBytes(headers: readonly Header[]): number | null {
  const text = valueOf(headers, 'content-length')
  const bytes = text === null || !/^\d+$/.test(text) ? NaN : Number(text)
  return Number.isSafeInteger(bytes) ? bytes : null
}
