/**
 * Decompresses the stored part of a response body that the receiver compressed without being asked to. Input and output
 * are both limited to the size that is stored of any body (16 KiB). A body with an unknown coding or invalid data is
 * stored as it was received.
 */
import zlib, { constants } from 'node:zlib'
import type { Transform } from 'node:stream'
import pLimit from 'p-limit'
import type { SendResult } from '../../domain/deliveries/outcome.ts'
import { keptBodyBytes } from './read-response.ts'

/** A body with more codings than this is not decompressed. No ordinary receiver applies more. */
const maxCodings = 3
// Four at a time, because some decompressors use 16 MiB each.
const oneOfFew = pLimit(4)

/** Returns the result with its body decompressed, or unchanged. `codings`: in the order in which they were applied. */
export async function withBodyDecompressed(
  result: SendResult,
  codings: readonly string[],
): Promise<SendResult> {
  const { response } = result
  const undone = codings.filter((coding) => coding !== 'identity').reverse()
  if (response === null || response.body.length === 0) return result
  if (undone.length === 0 || undone.length > maxCodings) return result
  let body: Plain = { bytes: response.body, isWhole: true }
  for (const coding of undone) {
    const { bytes } = body
    const plain = await oneOfFew(() => decompress(coding, bytes))
    if (plain === null) return result
    body = { bytes: plain.bytes, isWhole: body.isWhole && plain.isWhole }
  }
  const truncated = response.truncated || !body.isWhole
  return { ...result, response: { ...response, body: body.bytes, truncated, decompressed: true } }
}

interface Plain {
  readonly bytes: Uint8Array
  /** False when the decompressed body is larger than the stored part. */
  readonly isWhole: boolean
}

/** Returns null when the coding is unknown or the bytes are not valid for the coding. */
function decompress(coding: string, bytes: Uint8Array): Promise<Plain | null> {
  const stream = decompressorOf(coding, bytes)
  if (stream === null) return Promise.resolve(null)
  return new Promise((resolve) => {
    const kept: Buffer[] = []
    let size = 0
    const end = (plain: Plain | null): void => {
      stream.destroy()
      resolve(plain)
    }
    stream.on('data', (chunk: Buffer) => {
      kept.push(chunk)
      size += chunk.length
      if (size <= keptBodyBytes) return
      end({ bytes: Buffer.concat(kept).subarray(0, keptBodyBytes), isWhole: false })
    })
    stream.on('end', () => end({ bytes: Buffer.concat(kept), isWhole: true }))
    stream.on('error', () => end(null))
    stream.end(bytes)
  })
}

// The stored bytes may be only the beginning of the body. These flush modes accept input without an end.
const partial = { finishFlush: constants.Z_SYNC_FLUSH }
const partialBrotli = { finishFlush: constants.BROTLI_OPERATION_FLUSH }

function decompressorOf(coding: string, bytes: Uint8Array): Transform | null {
  switch (coding) {
    case 'gzip':
    case 'x-gzip':
      return zlib.createGunzip(partial)
    case 'deflate':
      return hasZlibHeader(bytes) ? zlib.createInflate(partial) : zlib.createInflateRaw(partial)
    case 'br':
      return zlib.createBrotliDecompress(partialBrotli)
    case 'zstd':
      return createZstdDecompress()
    default:
      return null
  }
}

/** `deflate` means the zlib format (RFC 9110, 8.4.1.2), but some servers omit the zlib header. */
function hasZlibHeader([first = 0, second = 0]: Uint8Array): boolean {
  return (first & 0x0f) === 8 && ((first << 8) | second) % 31 === 0
}

// ZSTD_e_continue and ZSTD_d_windowLogMax, which the type definitions of Node 20 do not contain.
const [zstdContinue, zstdWindowLogMax] = [0, 100]

/** Returns null on Node before 22.15, which has no zstd. */
function createZstdDecompress(): Transform | null {
  const { createZstdDecompress: create } = zlib as typeof zlib & {
    readonly createZstdDecompress?: (options: object) => Transform
  }
  // A window of at most 8 MiB (RFC 8878, 3.1.1.1.2); the default is 128 MiB.
  return create?.({ finishFlush: zstdContinue, params: { [zstdWindowLogMax]: 23 } }) ?? null
}
