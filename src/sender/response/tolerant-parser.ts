/**
 * A filter between a socket and undici's parser. The parser rejects many responses that curl and browsers accept, so the
 * filter parses the head itself and gives the parser a short, regular head with the same meaning. It passes a chunked
 * body on in regular chunks, and every other body unchanged. It keeps the first bytes for diagnosis, in case the
 * response cannot be read.
 */
import type { Socket } from 'node:net'
import { filterReads } from '../../runtime/third-party-patches.ts'
import { makeChunkReader, type ChunkReader } from './chunked-body.ts'
import { makeHeadReader, type HeadReader, type ResponseHead } from './head.ts'
import { Refusal } from './head-lines.ts'
import { NoAnswerError } from './no-answer-error.ts'

/** Bytes that are kept of a response that cannot be read. */
export const keptRawBytes = 1024

/** What was received since the request was written. */
export interface Received {
  /** The number of bytes received. */
  readonly bytes: number
  /** The first KiB, unchanged. */
  readonly first: Buffer
  /** Null until the status of a final response is read. */
  readonly status: number | null
  /** The head as far as it was read. Null without a status. */
  readonly head: ResponseHead | null
  /** Why the bytes are not HTTP if no more follow. Null when they are the beginning of a response. */
  readonly refusal: Refusal | null
}

const empty = Buffer.alloc(0)

/** The filter on one socket. */
export interface ResponseReader {
  /** Starts a new response. Must be called immediately before a request is written. */
  expect(): void
  received(): Received
  /**
   * False after a refused response or a chunked body that deviated from RFC 9112. The connection must then be closed.
   */
  isReusable(): boolean
}

/** Installs the filter on the socket. Must be called before undici receives the socket. */
export function readResponses(socket: Socket): ResponseReader {
  let head: HeadReader | null = null // null: between responses
  let chunks: ChunkReader | null = null
  let isInHead = false
  let bytes = 0
  let first: Buffer = empty
  let isRefused = false

  filterReads(socket, pass)

  function pass(chunk: Buffer): Buffer {
    if (isRefused) return empty
    if (head === null) return chunk
    bytes += chunk.length
    if (first.length < keptRawBytes) first = joined(first, firstBytes(chunk, keptRawBytes - first.length))
    try {
      return isInHead ? passHead(head, chunk) : passBody(chunk)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      isRefused = true
      socket.destroy(new NoAnswerError('PROTOCOL_ERROR', error.message))
      return empty
    }
  }

  function passHead(reader: HeadReader, chunk: Buffer): Buffer {
    const rest = reader.read(chunk)
    const read = rest === null ? null : reader.head()
    if (rest === null || read === null) return empty
    isInHead = false
    if (read.bodyEnd.kind === 'CHUNKED') chunks = makeChunkReader()
    return joined(writtenHead(read), passBody(rest))
  }

  function passBody(chunk: Buffer): Buffer {
    return chunks === null ? chunk : chunks.read(chunk)
  }

  return {
    expect() {
      head = makeHeadReader()
      chunks = null
      isInHead = true
      bytes = 0
      first = empty
    },
    isReusable: () => !isRefused && chunks?.isRegular() !== false,
    received: () => ({
      bytes,
      first,
      status: head?.status() ?? null,
      head: head?.head() ?? null,
      refusal: isInHead ? (head?.refusalAtEnd() ?? null) : null,
    }),
  }
}

/** A head with only the status and the headers for the end of the body and the reuse of the connection. */
function writtenHead({ status, bodyEnd, isReusable, keepAliveS }: ResponseHead): Buffer {
  const lines = [`HTTP/1.1 ${status} `]
  if (!isReusable) lines.push('connection: close')
  else if (keepAliveS !== null) lines.push(`keep-alive: timeout=${keepAliveS}`)
  if (bodyEnd.kind === 'LENGTH') lines.push(`content-length: ${bodyEnd.bytes}`)
  if (bodyEnd.kind === 'CHUNKED') lines.push('transfer-encoding: chunked')
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`)
}

function firstBytes(chunk: Buffer, count: number): Buffer {
  // Copied, because a part of a long chunk would keep the whole chunk in memory.
  return chunk.length <= count ? chunk : Buffer.from(chunk.subarray(0, count))
}

function joined(one: Buffer, other: Buffer): Buffer {
  if (one.length === 0) return other
  return other.length === 0 ? one : Buffer.concat([one, other])
}
