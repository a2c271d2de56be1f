/**
 * Reads the head of a response (status line and headers) as leniently as curl and browsers do: accepts bare line feeds,
 * missing reason phrases and malformed header lines. A connection carries one request at a time and is closed after an
 * irregular response, so that a misread head cannot be taken for part of another response.
 * Interim responses (1xx) are skipped, including `100 Continue`.
 */
import type { Header } from '../../domain/deliveries/outcome.ts'
import { framingOf, type Framing } from './framing.ts'

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

/** The received bytes are not an acceptable response. The message is shown to users and contains no received data. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
}

const [TAB, LF, CR, SPACE] = [9, 10, 13, 32]

const regularStatusLine = /^HTTP\/1\.[01] \d{3}(?: [\t\x20-\x7e\x80-\xff]*)?$/
// Up to four bytes before the status line are skipped, as in browsers: for example a byte order mark.
const readableStatusLine = /^[^]{0,4}?HTTP(?:\/(\d+(?:\.\d+)?))?[ \t]+(\d{3})(?!\d)/i
const statusLineBegins = /^[^]{0,4}?HTTP/i
const shortestStatusLineBegin = 8
const regularField = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*$/
/* eslint-disable no-control-regex -- control characters are what these look for */
/** A TLS alert or handshake record. */
const tlsRecord = /^[\x15\x16]\x03/
const controls = /[\x00-\x08\x0a-\x1f\x7f]/g
/** An empty or short SETTINGS frame, with which every HTTP/2 connection begins. */
const http2Settings = /^\0\0[^]\x04/
/* eslint-enable no-control-regex */

/** Headers whose values are needed even if they come after the first 100 headers. */
const needed = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'keep-alive',
  'retry-after',
  'transfer-encoding',
])

/** Creates a reader for the head of one response. */
export function makeHeadReader(): HeadReader {
  let readBytes = 0
  /** The received part of the current line, one character for each byte. */
  let line = ''
  let headerBytes = 0
  let status: number | null = null
  let version = ''
  let isRegular = true
  let isComplete = false
  let complete: ResponseHead | null = null
  let last: { name: string; value: string } | null = null
  let headers: Header[] = []
  let values = new Map<string, string[]>()

  function read(chunk: Buffer): Buffer | null {
    let from = 0
    for (;;) {
      const end = chunk.indexOf(LF, from)
      const to = end < 0 ? chunk.length : end
      readBytes += to - from + 1
      if (line.length < keptHeadBytes)
        line += chunk.toString('latin1', from, Math.min(to, from + keptHeadBytes))
      if (readBytes > maxHeadBytes) throw new Refusal('the head of the response is larger than 256 KiB')
      if (end < 0) {
        refuseOther(line)
        return null
      }
      from = end + 1
      const whole = line
      line = ''
      if (takeLine(whole)) return chunk.subarray(from)
    }
  }

  /** Returns true when the line ended the head of a final response. */
  function takeLine(whole: string): boolean {
    let end = whole.length
    while (end > 0 && whole.charCodeAt(end - 1) === CR) end -= 1
    if (whole.length - end !== 1) isRegular = false
    const text = whole.slice(0, end)
    if (version === '') takeStatusLine(text)
    else if (text !== '') takeField(text)
    else if (status !== null) {
      isComplete = true
      return true
    } else beginHead() // the end of an interim response
    return false
  }

  /** Replaces control characters. A regular head contains none. */
  function printable(text: string): string {
    return isRegular ? text : text.replace(controls, '\ufffd')
  }

  function beginHead(): void {
    version = ''
    last = null
    headers = []
    headerBytes = 0
    values = new Map()
  }

  function takeStatusLine(text: string): void {
    // Empty lines may precede a response, for example after a body that was longer than its declared length.
    if (text === '') return
    const [, found = '1.0', digits] = readableStatusLine.exec(text) ?? []
    if (digits === undefined || Number(digits) < 100) throw notHttp(text)
    version = found
    if (!regularStatusLine.test(text)) isRegular = false
    if (digits === '101') {
      status = 101
      throw new Refusal('the receiver switched to another protocol, which was not asked for')
    }
    status = digits.startsWith('1') ? null : Number(digits)
  }

  function takeField(text: string): void {
    if (last !== null && (text.startsWith(' ') || text.startsWith('\t'))) {
      isRegular = false
      last.value = `${last.value} ${trimmed(text)}`.slice(0, keptHeadBytes)
      return
    }
    takeLast()
    if (!regularField.test(text)) isRegular = false
    const colon = text.indexOf(':')
    // A line without a colon has no effect. It is stored, so that users can see it.
    last =
      colon < 0
        ? { name: trimmed(text), value: '' }
        : { name: trimmed(text.slice(0, colon)), value: trimmed(text.slice(colon + 1)) }
  }

  /** Stores the previous header, which is complete when the next line does not continue it. */
  function takeLast(): void {
    if (last === null) return
    const { name, value } = last
    last = null
    const key = name.toLowerCase()
    if (needed.has(key)) {
      const others = values.get(key)
      if (others === undefined) values.set(key, [value])
      else others.push(value)
    }
    const left = keptHeadBytes - headerBytes - name.length
    if (headers.length >= maxHeaders || left < 0) return
    headers.push({
      name: printable(name),
      value: printable(value.slice(0, left)),
    })
    headerBytes += name.length + Math.min(value.length, left)
  }

  /** Refuses a line that cannot be a status line without waiting for its end. */
  function refuseOther(text: string): void {
    if (version !== '') return
    if (tlsRecord.test(text) || (text.length >= shortestStatusLineBegin && !statusLineBegins.test(text)))
      throw notHttp(text)
  }

  return {
    read,
    refusalAtEnd() {
      return version !== '' || /^\r*$|^h(?:t(?:t(?:p|$)|$)|$)/i.test(line) ? null : notHttp(line)
    },
    status: () => status ?? statusAtEnd(line, version),
    head() {
      if (complete !== null) return complete
      const known = status ?? statusAtEnd(line, version)
      if (known === null) return null
      takeLast()
      const { bodyEnd, isReusable, keepAliveS, codings } = framingOf({
        status: known,
        version,
        isRegular,
        values,
      })
      const retryAfter = values.get('retry-after') ?? []
      const head = { status: known, headers, retryAfter, bodyEnd, isReusable, keepAliveS, codings }
      if (isComplete) complete = head
      return head
    },
  }
}

/** The status in an incomplete status line. Null when the three digits are not complete or the response is interim. */
function statusAtEnd(begun: string, version: string): number | null {
  const digits = version === '' ? readableStatusLine.exec(begun)?.[2] : undefined
  return digits === undefined || digits < '200' ? null : Number(digits)
}

/** Names the protocol in the refusal when the first bytes identify it. */
function notHttp(text: string): Refusal {
  if (tlsRecord.test(text)) return new Refusal('the receiver speaks TLS at this port; use https in the URL')
  if (http2Settings.test(text)) return new Refusal('the receiver speaks HTTP/2 only; HTTP/1.1 is needed')
  return new Refusal('the response is not valid HTTP/1.1')
}

function trimmed(text: string): string {
  let [from, to] = [0, text.length]
  while (from < to && isBlank(text.charCodeAt(from))) from += 1
  while (from < to && isBlank(text.charCodeAt(to - 1))) to -= 1
  return text.slice(from, to)
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB
}
