/**
 * Parses the Retry-After header (RFC 9110, 10.2.3): whole seconds, or a date in one of the three formats that a
 * recipient must accept (5.6.7). All three are in UTC; the time zone of the process is not used.
 */

const secondMs = 1_000
const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

const weekday = '(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?'
const clock = String.raw`(\d{1,2}):(\d{2}):(\d{2})`
// Some servers send `UTC` or an offset instead of `GMT`. A date without a zone is in UTC.
const zone = String.raw`(?:\s+(?:gmt|utc?|z|([+-])(\d{2}):?(\d{2})))?`

/** IMF-fixdate, `Sun, 06 Nov 1994 08:49:37 GMT`, and the format of RFC 850, `Sunday, 06-Nov-94 08:49:37 GMT`. */
const dayFirst = new RegExp(
  String.raw`^${weekday},?\s+(\d{1,2})[ -]([a-z]{3})[ -](\d{4}|\d{2})\s+${clock}${zone}$`,
  'i',
)
/** The format of asctime, `Sun Nov  6 08:49:37 1994`. */
const monthFirst = new RegExp(
  String.raw`^${weekday},?\s+([a-z]{3})\s+(\d{1,2})\s+${clock}\s+(\d{4})${zone}$`,
  'i',
)

/**
 * Returns the wait that a Retry-After header requests, in milliseconds from `nowMs`; null when the header is absent or
 * invalid. A date in the past returns 0.
 */
export function parseRetryAfter(header: string | null, nowMs: number): number | null {
  const text = header?.trim() ?? ''
  if (/^\d+$/.test(text)) return Number(text) * secondMs
  const atMs = parseHttpDate(text, nowMs)
  return atMs === null ? null : Math.max(0, atMs - nowMs)
}

function parseHttpDate(text: string, nowMs: number): number | null {
  const byDay = dayFirst.exec(text)
  if (byDay !== null) {
    const [, day = '', month = '', year = '', ...time] = byDay
    return instantOf({ year, month, day, time }, nowMs)
  }
  const byMonth = monthFirst.exec(text)
  if (byMonth === null) return null
  const [, month = '', day = '', hour, minute, second, year = '', ...offset] = byMonth
  return instantOf({ year, month, day, time: [hour, minute, second, ...offset] }, nowMs)
}

interface DateParts {
  readonly year: string
  readonly month: string
  readonly day: string
  /** Hour, minute and second, then sign, hours and minutes of the offset, which are undefined without an offset. */
  readonly time: readonly (string | undefined)[]
}

/** Returns milliseconds since 1970; null when the day or the time does not exist. */
function instantOf({ year, month, day, time }: DateParts, nowMs: number): number | null {
  const monthIndex = months.indexOf(month.toLowerCase())
  const [hour, minute, second] = time.slice(0, 3).map(Number) as [number, number, number]
  // Second 60 is a leap second.
  if (monthIndex < 0 || hour > 23 || minute > 59 || second > 60) return null
  const [, , , sign, offsetHours = '0', offsetMinutes = '0'] = time
  const offsetMs =
    (sign === '-' ? -1 : 1) * (Number(offsetHours) * 60 + Number(offsetMinutes)) * 60 * secondMs
  const inYear = (fullYear: number): number | null => {
    const date = new Date(0)
    date.setUTCFullYear(fullYear, monthIndex, Number(day))
    if (date.getUTCDate() !== Number(day)) return null
    return date.setUTCHours(hour, minute, second) - offsetMs
  }
  if (year.length === 4) return inYear(Number(year))
  const century = Math.floor(new Date(nowMs).getUTCFullYear() / 100) * 100
  return inCentury(inYear, century + Number(year), nowMs)
}

/**
 * Resolves a two-digit year. A date more than 50 years in the future is in the previous century (RFC 9110, 5.6.7). A
 * date more than 50 years in the past is in the next century, which happens shortly before a new century.
 */
function inCentury(inYear: (year: number) => number | null, year: number, nowMs: number): number | null {
  const now = new Date(nowMs)
  const shifted = (years: number): number => new Date(nowMs).setUTCFullYear(now.getUTCFullYear() + years)
  const atMs = inYear(year)
  // 29 February may exist in the previous century although it does not exist in this one.
  if (atMs === null) return inYear(year - 100)
  if (atMs > shifted(50)) return inYear(year - 100)
  return atMs < shifted(-50) ? inYear(year + 100) : atMs
}
