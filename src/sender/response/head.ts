/**
 * Reads the head of a response (status line and headers) as leniently as curl and browsers do: accepts bare line feeds,
 * missing reason phrases and malformed header lines. A connection carries one request at a time and is closed after an
 * irregular response, so that a misread head cannot be taken for part of another response.
 * Interim responses (1xx) are skipped, including `100 Continue`.
 */
import type { Header } from '../../domain/deliveries/outcome.ts'
import { framingOf, type Framing } from './framing.ts'
import {
  controls,
  isNoStatusLine,
  mayBeginStatusLine,
  notHttp,
  readableStatusLine,
  Refusal,
  regularField,
  regularStatusLine,
  statusInBegun,
  trimmed,
} from './head-lines.ts'

/** Bytes of header names and values that are stored of one head. */
const keptHeadBytes = 16 * 1024
const maxHeaders = 100
/** Maximum bytes of all heads of one response, including interim responses. Browsers have the same limit. */
export const maxHeadBytes = 256 * 1024

/** The head of a final response. */
export interface ResponseHead extends Framing {
  readonly status: number
  /** The first 100 headers, cut at 16 KiB in all, in the order received. */
  readonly headers: readonly Header[]
  /** Every Retry-After header, in the order received. */
  readonly retryAfter: readonly string[]
}

/** Reads one head, chunk by chunk. */
export interface HeadReader {
  /**
   * Reads the next chunk. Returns the bytes after the head once the head is complete, and null before. Throws a Refusal
   * when the bytes are not an acceptable HTTP response.
   */
  read(chunk: Buffer): Buffer | null
  /** The status. Null until the three digits of a final response are read. */
  status(): number | null
  /** The head as far as it was read. Null without a status. */
  head(): ResponseHead | null
  /**
   * For the end of the connection: why the bytes so far are not HTTP. Null when they are the beginning of a response.
   */
  refusalAtEnd(): Refusal | null
}

const [LF, CR] = [10, 13]

/** Headers whose values are needed even if they come after the first 100 headers. */
const needed = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'keep-alive',
  'retry-after',
  'transfer-encoding',
])

interface HeadState {
  readBytes: number
  /** The received part of the current line, one character for each byte. */
  line: string
  headerBytes: number
  /** Null until the three digits of a final response are read. */
  status: number | null
  /** The HTTP version. Empty until the status line is read. */
  version: string
  isRegular: boolean
  isComplete: boolean
  /** The head, once it is complete and was requested. */
  complete: ResponseHead | null
  /** The last header, which the next line may continue. */
  last: { name: string; value: string } | null
  headers: Header[]
  values: Map<string, string[]>
}

/** Creates a reader for the head of one response. */
export function makeHeadReader(): HeadReader {
  const state: HeadState = {
    readBytes: 0,
    line: '',
    headerBytes: 0,
    status: null,
    version: '',
    isRegular: true,
    isComplete: false,
    complete: null,
    last: null,
    headers: [],
    values: new Map(),
  }
  return {
    read: (chunk) => read(state, chunk),
    status: () => statusOf(state),
    head: () => headOf(state),
    refusalAtEnd: () => (state.version !== '' || mayBeginStatusLine(state.line) ? null : notHttp(state.line)),
  }
}

function read(state: HeadState, chunk: Buffer): Buffer | null {
  let from = 0
  for (;;) {
    const end = chunk.indexOf(LF, from)
    const to = end < 0 ? chunk.length : end
    state.readBytes += to - from + 1
    if (state.line.length < keptHeadBytes)
      state.line += chunk.toString('latin1', from, Math.min(to, from + keptHeadBytes))
    if (state.readBytes > maxHeadBytes) throw new Refusal('the head of the response is larger than 256 KiB')
    if (end < 0) {
      // A line that cannot be a status line is refused without waiting for its end.
      if (state.version === '' && isNoStatusLine(state.line)) throw notHttp(state.line)
      return null
    }
    from = end + 1
    const { line } = state
    state.line = ''
    if (takeLine(state, line)) return chunk.subarray(from)
  }
}

/** Returns true when the line ended the head of a final response. */
function takeLine(state: HeadState, line: string): boolean {
  let end = line.length
  while (end > 0 && line.charCodeAt(end - 1) === CR) end -= 1
  if (line.length - end !== 1) state.isRegular = false
  const text = line.slice(0, end)
  if (state.version === '') takeStatusLine(state, text)
  else if (text !== '') takeField(state, text)
  else if (state.status !== null) {
    state.isComplete = true
    return true
  } else beginHead(state) // the end of an interim response
  return false
}

function beginHead(state: HeadState): void {
  state.version = ''
  state.last = null
  state.headers = []
  state.headerBytes = 0
  state.values = new Map()
}

function takeStatusLine(state: HeadState, text: string): void {
  // Empty lines may precede a response, for example after a body that was longer than its declared length.
  if (text === '') return
  const [, version = '1.0', digits] = readableStatusLine.exec(text) ?? []
  if (digits === undefined || Number(digits) < 100) throw notHttp(text)
  state.version = version
  if (!regularStatusLine.test(text)) state.isRegular = false
  if (digits === '101') {
    state.status = 101
    throw new Refusal('the receiver switched to another protocol, which was not asked for')
  }
  state.status = digits.startsWith('1') ? null : Number(digits)
}

function takeField(state: HeadState, text: string): void {
  const { last } = state
  if (last !== null && (text.startsWith(' ') || text.startsWith('\t'))) {
    state.isRegular = false
    last.value = `${last.value} ${trimmed(text)}`.slice(0, keptHeadBytes)
    return
  }
  storeLast(state)
  if (!regularField.test(text)) state.isRegular = false
  const colon = text.indexOf(':')
  // A line without a colon has no effect. It is stored, so that users can see it.
  state.last =
    colon < 0
      ? { name: trimmed(text), value: '' }
      : { name: trimmed(text.slice(0, colon)), value: trimmed(text.slice(colon + 1)) }
}

/** Stores the last header, which is complete when the next line does not continue it. */
function storeLast(state: HeadState): void {
  const { last, values, headers } = state
  if (last === null) return
  const { name, value } = last
  state.last = null
  const key = name.toLowerCase()
  if (needed.has(key)) {
    const others = values.get(key)
    if (others === undefined) values.set(key, [value])
    else others.push(value)
  }
  const left = keptHeadBytes - state.headerBytes - name.length
  if (headers.length >= maxHeaders || left < 0) return
  headers.push({ name: printable(state, name), value: printable(state, value.slice(0, left)) })
  state.headerBytes += name.length + Math.min(value.length, left)
}

/** Replaces control characters. A regular head contains none. */
function printable({ isRegular }: HeadState, text: string): string {
  return isRegular ? text : text.replace(controls, '\ufffd')
}

function statusOf({ status, version, line }: HeadState): number | null {
  return status ?? (version === '' ? statusInBegun(line) : null)
}

function headOf(state: HeadState): ResponseHead | null {
  if (state.complete !== null) return state.complete
  const status = statusOf(state)
  if (status === null) return null
  storeLast(state)
  const { version, isRegular, values, headers } = state
  const { bodyEnd, isReusable, keepAliveS, codings } = framingOf({ status, version, isRegular, values })
  const retryAfter = values.get('retry-after') ?? []
  const head = { status, headers, retryAfter, bodyEnd, isReusable, keepAliveS, codings }
  if (state.isComplete) state.complete = head
  return head
}
