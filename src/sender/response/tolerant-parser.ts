/**
 * Stands between a socket and undici's parser, which refuses many a response that curl and browsers read. The head is
 * read here and passed on as a short regular one with the same meaning; the body passes through as it is, a chunked
 * one in regular chunks. The first bytes are kept for people, in case the response cannot be read.
 */
import type { Socket } from 'node:net'
import { makeChunkReader, type ChunkReader } from './chunked-body.ts'
import { makeHeadReader, Refusal, type HeadReader, type ResponseHead } from './head.ts'
import { NoAnswerError } from './no-answer-error.ts'

/** What is kept of a response that cannot be read, in bytes. */
export const keptRawBytes = 1024

/** What has come since the request was written. */
export interface Received {
  /** Of all that came. */
  readonly bytes: number
  /** The first KiB as it came. */
  readonly first: Buffer
  /** Null until the status can be read; interim responses have none. */
  readonly status: number | null
  /** The head as far as it was read; null without a status. */
  readonly head: ResponseHead | null
  /** What is wrong with the response, should nothing follow; null when it only breaks off. */
  readonly refusal: Refusal | null
}

const empty = Buffer.alloc(0)

export interface ResponseReader {
  /** To be called right before a request is written. */
  expect(): void
  received(): Received
  /** False after a body that was not as RFC 9112 has it: the connection must be closed. */
  isReusable(): boolean
}

/** Must be called before undici has the socket. */
export function readResponses(socket: Socket): ResponseReader {
  const readSocket = socket.read.bind(socket) as (size?: number) => Buffer | null
  let head: HeadReader | null = null // null: between responses
  let chunks: ChunkReader | null = null
  let isInHead = false
  let bytes = 0
  let first: Buffer = empty
  let isRefused = false

  socket.read = (size?: number) => {
    if (size === 0) return readSocket(0) // how Node itself asks a stream to read on
    // undici waits for the next `readable` once it is given null, so it is given null only when nothing is left.
    for (let chunk = readSocket(); chunk !== null; chunk = readSocket()) {
      const passed = pass(chunk)
      if (passed.length > 0) return passed
    }
    return null
  }

  function pass(chunk: Buffer): Buffer {
    if (isRefused) return empty
    if (head === null) return chunk
    bytes += chunk.length
    if (first.length < keptRawBytes) first = joined(first, chunk.subarray(0, keptRawBytes - first.length))
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

/** A head that says no more than how the body ends and whether the connection stays open. */
function writtenHead({ status, bodyEnd, isReusable, keepAliveS }: ResponseHead): Buffer {
  const lines = [`HTTP/1.1 ${status} `]
  if (!isReusable) lines.push('connection: close')
  else if (keepAliveS !== null) lines.push(`keep-alive: timeout=${keepAliveS}`)
  if (bodyEnd.kind === 'LENGTH') lines.push(`content-length: ${bodyEnd.bytes}`)
  if (bodyEnd.kind === 'CHUNKED') lines.push('transfer-encoding: chunked')
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`)
}

function joined(one: Buffer, other: Buffer): Buffer {
  return other.length === 0 ? one : Buffer.concat([one, other])
}
