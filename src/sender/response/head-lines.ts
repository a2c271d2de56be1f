/** The lines of a response's head: which are regular (RFC 9112), which are readable, and which cannot be HTTP. */

const [TAB, SPACE] = [9, 32]

/** The received bytes are not an acceptable response. The message is shown to users and contains no received data. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
}

export const regularStatusLine = /^HTTP\/1\.[01] \d{3}(?: [\t\x20-\x7e\x80-\xff]*)?$/
// Up to four bytes before the status line are skipped, as in browsers: for example a byte order mark.
export const readableStatusLine = /^[^]{0,4}?HTTP(?:\/(\d+(?:\.\d+)?))?[ \t]+(\d{3})(?!\d)/i
const statusLineBegins = /^[^]{0,4}?HTTP/i
const shortestStatusLineBegin = 8
export const regularField = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*$/
/* eslint-disable no-control-regex -- control characters are what these look for */
/** A TLS alert or handshake record. */
const tlsRecord = /^[\x15\x16]\x03/
export const controls = /[\x00-\x08\x0a-\x1f\x7f]/g
/** An empty or short SETTINGS frame, with which every HTTP/2 connection begins. */
const http2Settings = /^\0\0[^]\x04/
/* eslint-enable no-control-regex */

/** Whether the beginning of a line cannot become a status line. */
export function isNoStatusLine(begun: string): boolean {
  return tlsRecord.test(begun) || (begun.length >= shortestStatusLineBegin && !statusLineBegins.test(begun))
}

/** Whether the text of a connection that has ended is the beginning of a status line, or nothing but line ends. */
export function mayBeginStatusLine(begun: string): boolean {
  return /^\r*$|^h(?:t(?:t(?:p|$)|$)|$)/i.test(begun)
}

/** The status in an incomplete status line. Null when the three digits are not complete or the response is interim. */
export function statusInBegun(begun: string): number | null {
  const digits = readableStatusLine.exec(begun)?.[2]
  return digits === undefined || digits < '200' ? null : Number(digits)
}

/** Names the protocol in the refusal when the first bytes identify it. */
export function notHttp(text: string): Refusal {
  if (tlsRecord.test(text)) return new Refusal('the receiver speaks TLS at this port; use https in the URL')
  if (http2Settings.test(text)) return new Refusal('the receiver speaks HTTP/2 only; HTTP/1.1 is needed')
  return new Refusal('the response is not valid HTTP/1.1')
}

export function trimmed(text: string): string {
  let [from, to] = [0, text.length]
  while (from < to && isBlank(text.charCodeAt(from))) from += 1
  while (from < to && isBlank(text.charCodeAt(to - 1))) to -= 1
  return text.slice(from, to)
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB
}
