/** Decides how a response body ends and whether the connection may be reused (RFC 9112, 6.3). Pure. */

/** How the body ends: no body, a length, chunks, or the end of the connection. */
export type BodyEnd =
  | { readonly kind: 'NONE' }
  | { readonly kind: 'LENGTH'; readonly bytes: number }
  | { readonly kind: 'CHUNKED' }
  /** The body ends with the connection. */
  | { readonly kind: 'CLOSE' }

/** What the headers say about the body and the connection. */
export interface Framing {
  readonly bodyEnd: BodyEnd
  /** False after any deviation from RFC 9112, even if the receiver asks to keep the connection open. */
  readonly isReusable: boolean
  /** Seconds for which the receiver keeps an idle connection open. Null when the Keep-Alive header has no timeout. */
  readonly keepAliveS: number | null
  /** Content codings and then transfer codings, in the order in which they were applied, in lower case. */
  readonly codings: readonly string[]
}

interface HeadFacts {
  readonly status: number
  readonly version: string
  /** Whether each line of the head conformed to RFC 9112. */
  readonly isRegular: boolean
  /** The values of the relevant headers, by header name in lower case. */
  readonly values: ReadonlyMap<string, readonly string[]>
}

/** Reads the framing from the status, the version and the headers of a response. */
export function framingOf({ status, version, isRegular, values }: HeadFacts): Framing {
  const lengths = listed(values.get('content-length'), { keepEmpty: true })
  // Older servers send `identity`, which means no coding.
  const codings = listed(values.get('transfer-encoding')).filter((coding) => coding !== 'identity')
  const isChunked = codings.at(-1) === 'chunked'
  const bodyEnd = bodyEndOf(status, lengths, codings)
  const isSound =
    isRegular &&
    lengths.length <= 1 &&
    (lengths.length === 0 || codings.length === 0) &&
    (codings.length === 0 || (isChunked && version === '1.1')) &&
    (bodyEnd.kind !== 'NONE' ||
      (codings.length === 0 && (lengths.length === 0 || Number(lengths[0]) === 0))) &&
    (bodyEnd.kind !== 'LENGTH' || /^\d+$/.test(lengths[0] ?? ''))
  const keepAlive = values.get('keep-alive')
  const keepAliveS = keepAlive && /\btimeout\s*=\s*"?(\d{1,9})/i.exec(keepAlive.join())?.[1]
  return {
    bodyEnd,
    isReusable: isSound && bodyEnd.kind !== 'CLOSE' && staysOpen(version, listed(values.get('connection'))),
    keepAliveS: keepAliveS === undefined ? null : Number(keepAliveS),
    codings: listed(values.get('content-encoding')).concat(isChunked ? codings.slice(0, -1) : codings),
  }
}

const none: readonly string[] = []

function bodyEndOf(status: number, lengths: readonly string[], codings: readonly string[]): BodyEnd {
  if (status === 204 || status === 304) return { kind: 'NONE' }
  if (codings.at(-1) === 'chunked') return { kind: 'CHUNKED' }
  if (codings.length > 0) return { kind: 'CLOSE' }
  // With several lengths, the smallest valid one is used, and the connection is closed after the body.
  const bytes = Math.min(
    ...lengths.map((length) => (/^\+?\d/.test(length) ? Number.parseInt(length, 10) : Infinity)),
  )
  return Number.isSafeInteger(bytes) ? { kind: 'LENGTH', bytes } : { kind: 'CLOSE' }
}

function staysOpen(version: string, options: readonly string[]): boolean {
  if (options.includes('close')) return false
  return version === '1.1' || (version === '1.0' && options.includes('keep-alive'))
}

/** The elements of comma-separated lists, in lower case. */
function listed(values: readonly string[] | undefined, { keepEmpty = false } = {}): readonly string[] {
  if (values === undefined) return none
  const [value = ''] = values
  const isOne = values.length === 1 && value !== '' && !value.includes(',')
  if (isOne && value === value.trim()) return [value.toLowerCase()]
  const members = values
    .join()
    .split(',')
    .map((member) => member.trim().toLowerCase())
  return keepEmpty ? members : members.filter((member) => member !== '')
}
