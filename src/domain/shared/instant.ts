/** Reading and comparison of timestamps. */

// Date accepts the hour 24 and reads it as the start of the next day. RFC 3339 does not allow the hour 24.
const rfc3339 =
  /^(\d{4})-(\d{2})-(\d{2})[Tt]([01]\d|2[0-3]):(\d{2}):(\d{2})(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/
const earliestMs = 0
const latestMs = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

/** Reads a timestamp of RFC 3339. Returns why it is refused if it is not valid. */
export function readInstant(value: unknown): Date | string {
  const parts = typeof value === 'string' ? rfc3339.exec(value) : null
  if (parts === null) return 'a DateTime must be written like 2026-02-26T17:15:33.645Z, with a time zone'
  const instant = new Date(parts[0].toUpperCase())
  const ms = instant.getTime()
  // Date reads 31 February as 3 March. The server refuses a day that does not exist.
  const [year, month, day] = [Number(parts[1]), Number(parts[2]), Number(parts[3])]
  const inCalendar = new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day
  if (Number.isNaN(ms) || !inCalendar || ms < earliestMs || ms > latestMs)
    return 'a DateTime must be a date of the calendar, from 1970 to 9999'
  return instant
}

/**
 * Returns the later of two timestamps. A transaction's timestamp is its start. A transaction that waited for a lock may
 * find a row whose `updatedAt` is later than that.
 */
export function laterOf(one: Date, other: Date): Date {
  return one > other ? one : other
}
