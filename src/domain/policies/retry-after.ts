/**
 * Reads the Retry-After header (RFC 9110, 10.2.3): whole seconds, or a date in one of the three forms that a
 * recipient must accept (5.6.7). All three mean UTC: the time zone of the process has no part in it.
 */

const secondMs = 1_000
const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

const weekday = '(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?'
const clock = String.raw`(\d{1,2}):(\d{2}):(\d{2})`
// Servers also write UTC and offsets. A date without a zone is read as UTC.
const zone = String.raw`(?:\s+(?:gmt|utc?|z|([+-])(\d{2}):?(\d{2})))?`

/** IMF-fixdate `Sun, 06 Nov 1994 08:49:37 GMT`, and RFC 850's `Sunday, 06-Nov-94 08:49:37 GMT`. */
const dayFirst = new RegExp(
  String.raw`^${weekday},?\s+(\d{1,2})[ -]([a-z]{3})[ -](\d{4}|\d{2})\s+${clock}${zone}$`,
  'i',
)
/** asctime's `Sun Nov  6 08:49:37 1994`. */
const monthFirst = new RegExp(
  String.raw`^${weekday},?\s+([a-z]{3})\s+(\d{1,2})\s+${clock}\s+(\d{4})${zone}$`,
  'i',
)

/**
 * What a Retry-After header asks for, in milliseconds from `nowMs`; null when the header is absent or cannot be read.
 * A date in the past asks for no wait.
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
  /** Hour, minute and second; sign, hours and minutes of an offset, undefined where there is none. */
  readonly time: readonly (string | undefined)[]
}

/** Null when the calendar has no such day or the clock no such time. */
function instantOf({ year, month, day, time }: DateParts, nowMs: number): number | null {
  const monthIndex = months.indexOf(month.toLowerCase())
  const [hour, minute, second] = time.slice(0, 3).map(Number) as [number, number, number]
  // 60: a leap second.
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
 * A year of two digits: a date that would be more than 50 years ahead lies in the century before (RFC 9110, 5.6.7).
 * Likewise the other way round, at a turn of the century.
 */
function inCentury(inYear: (year: number) => number | null, year: number, nowMs: number): number | null {
  const now = new Date(nowMs)
  const shifted = (years: number): number => new Date(nowMs).setUTCFullYear(now.getUTCFullYear() + years)
  const atMs = inYear(year)
  // 29 February may exist in one century and not in another.
  if (atMs === null) return inYear(year - 100)
  if (atMs > shifted(50)) return inYear(year - 100)
  return atMs < shifted(-50) ? inYear(year + 100) : atMs
}
