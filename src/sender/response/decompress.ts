/**
 * Decompresses the kept part of a body that the receiver compressed unasked, within the size that is kept of any body:
 * the input is bounded by what was kept, the output by the same size, and reading stops at either. Codings that are
 * not known and bytes that are not what they say stay as they came.
 */
import zlib, { constants } from 'node:zlib'
import type { Transform } from 'node:stream'
import pLimit from 'p-limit'
import type { SendResult } from '../../domain/deliveries/outcome.ts'
import { keptBodyBytes } from './read-response.ts'

/** No ordinary receiver codes a body more often than this. */
const maxCodings = 3
// Some decompressors take 16 MiB each while they work.
const oneOfFew = pLimit(4)

/** `codings` in the order in which they were applied. */
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
  /** False when there was more than is kept. */
  readonly isWhole: boolean
}

/** Null when the coding is not known, or the bytes are not coded so. */
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

// What was kept may be the beginning of a longer body: its end is not missed.
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

/** `deflate` means the zlib format (RFC 9110, 8.4.1.2), but some servers send it without its header. */
function hasZlibHeader([first = 0, second = 0]: Uint8Array): boolean {
  return (first & 0x0f) === 8 && ((first << 8) | second) % 31 === 0
}

// ZSTD_e_continue and ZSTD_d_windowLogMax, which the types of Node 20 do not name.
const [zstdContinue, zstdWindowLogMax] = [0, 100]

/** Node has it from 22.15 on. */
function createZstdDecompress(): Transform | null {
  const { createZstdDecompress: create } = zlib as typeof zlib & {
    readonly createZstdDecompress?: (options: object) => Transform
  }
  // A window of 8 MiB at the most (RFC 8878, 3.1.1.1.2); the default is 128 MiB.
  return create?.({ finishFlush: zstdContinue, params: { [zstdWindowLogMax]: 23 } }) ?? null
}
