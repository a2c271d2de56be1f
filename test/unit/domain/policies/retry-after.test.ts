import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { parseRetryAfter } from '../../../../src/domain/policies/retry-after.ts'
import { standardSchedule, waitAfter } from '../../../../src/domain/policies/retry.ts'
import { hourMs, noon } from '../../../support/samples.ts'

const nowMs = noon.getTime() // Thursday, 26 February 2026, 12:00:00 UTC
const read = (header: string | null, at = nowMs) => parseRetryAfter(header, at)

const processZone = process.env['TZ']
afterEach(() => {
  if (processZone === undefined) delete process.env['TZ']
  else process.env['TZ'] = processZone
})

/** A header of each form that names an instant, and the milliseconds from `nowMs` to that instant. */
const readable: readonly (readonly [string, number])[] = [
  ['0', 0],
  ['120', 120_000],
  [' 120 ', 120_000],
  ['\t120\t', 120_000],
  ['00120', 120_000],
  ['Thu, 26 Feb 2026 12:00:30 GMT', 30_000],
  ['  Thu, 26 Feb 2026 12:00:30 GMT\t', 30_000],
  ['Thursday, 26-Feb-26 12:00:30 GMT', 30_000],
  ['Thu Feb 26 12:00:30 2026', 30_000],
  ['Sun Mar  1 12:00:00 2026', 3 * 24 * hourMs],
  ['Wed, 31 Dec 2031 23:59:60 GMT', Date.UTC(2032, 0, 1) - nowMs],
  // Not a form of RFC 9110, but used by servers and unambiguous.
  ['thu, 26 feb 2026 12:00:30 gmt', 30_000],
  ['Sun, 1 Mar 2026 12:00:00 GMT', 3 * 24 * hourMs],
  ['Thu, 26-Feb-2026 12:00:30 GMT', 30_000],
  ['Thu Feb 26 12:00:30 2026 GMT', 30_000],
  ['Thu, 26 Feb 2026 12:00:30 UTC', 30_000],
  ['Thu, 26 Feb 2026 13:00:30 +0100', 30_000],
  ['Thu, 26 Feb 2026 06:30:30 -05:30', 30_000],
  ['Thu, 26 Feb 2026 12:00:30', 30_000],
]

describe('Retry-After', () => {
  test.each(readable)('Retry-After %j is %i ms', (header, waitMs) => {
    expect(read(header)).toBe(waitMs)
  })

  test.each(['America/New_York', 'Asia/Kolkata', 'Pacific/Auckland'])(
    'Retry-After has the same meaning in a process whose time zone is %s',
    (zone) => {
      process.env['TZ'] = zone
      expect(new Date(nowMs).getTimezoneOffset()).not.toBe(0)
      expect(readable.map(([header]) => read(header))).toEqual(readable.map(([, waitMs]) => waitMs))
    },
  )

  test('a Retry-After in the past is 0 ms', () => {
    expect(read('Thu, 26 Feb 2026 11:59:59 GMT')).toBe(0)
    expect(read('Thu, 01 Jan 1970 00:00:00 GMT')).toBe(0)
    expect(read('Sunday, 06-Nov-94 08:49:37 GMT')).toBe(0)
    expect(read('Sun Nov  6 08:49:37 1994')).toBe(0)
  })

  test.each([
    [
      'a year less than 50 years ahead is ahead',
      '26-Feb-76 11:59:59',
      nowMs,
      Date.UTC(2076, 1, 26, 11, 59, 59),
    ],
    [
      'a year more than 50 years ahead is in the past',
      '26-Feb-76 12:00:01',
      nowMs,
      Date.UTC(1976, 1, 26, 12, 0, 1),
    ],
    ['year 00 in 2099 is 2100', '01-Jan-00 00:00:00', Date.UTC(2099, 11, 31), Date.UTC(2100, 0, 1)],
    [
      'year 99 in 2100 is 2099',
      '31-Dec-99 23:59:59',
      Date.UTC(2100, 0, 1),
      Date.UTC(2099, 11, 31, 23, 59, 59),
    ],
    [
      '29 February that exists only a century before is in the past',
      '29-Feb-00 00:00:00',
      Date.UTC(2101, 0, 1),
      Date.UTC(2000, 1, 29),
    ],
  ])('two-digit years in Retry-After: %s', (_, date, at, expected) => {
    expect(read(`Thursday, ${date} GMT`, at)).toBe(Math.max(0, expected - at))
  })

  test.each([
    null,
    '',
    ' ',
    '-5',
    '+5',
    '1.5',
    '1e3',
    '0x10',
    '5s',
    '5, 6',
    '１２０',
    'soon',
    'Infinity',
    'NaN',
    '2026-02-26T12:00:30Z',
    'Thu',
    'Thu, 99 Feb 2026 12:00:30 GMT',
    'Mon, 30 Feb 2026 12:00:30 GMT',
    'Thu, 26 Foo 2026 12:00:30 GMT',
    'Thu, 26 Feb 2026 24:00:00 GMT',
    'Thu, 26 Feb 2026 12:60:00 GMT',
    'Thu, 26 Feb 2026 12:00:61 GMT',
    'Thu, 26 Feb 2026 12:00:30 CET',
    'Thu, 26 Feb 2026 GMT',
    'Thu, 26 Feb 02026 12:00:30 GMT',
    'Foo, 26 Feb 2026 12:00:30 GMT',
    'Thursday I will be back',
  ])('Retry-After %j is ignored', (header) => {
    expect(read(header)).toBeNull()
  })

  test('a Retry-After of 4,000 digits is bounded to 6 h by the schedule', () => {
    const retryAfterMs = read('9'.repeat(4_000))
    expect(retryAfterMs).toBe(Infinity)
    const wait = waitAfter(standardSchedule, 1, { ageMs: 0, retryAfterMs, random: 0 })
    expect(wait).toMatchObject({ waitMs: 6 * hourMs })
  })

  test('a Retry-After in each of the three date forms is read as its instant', () => {
    const instant = fc.date({
      min: new Date(nowMs),
      max: new Date(nowMs + 40 * 365 * 24 * hourMs),
      noInvalidDate: true,
    })
    fc.assert(
      fc.property(instant, (date) => {
        const atMs = Math.floor(date.getTime() / 1_000) * 1_000
        const [weekday = '', day = '', month = '', year = '', time = ''] = new Date(atMs)
          .toUTCString()
          .split(/,? /)
        const wait = Math.max(0, atMs - nowMs)
        expect(read(`${weekday}, ${day} ${month} ${year} ${time} GMT`)).toBe(wait)
        expect(read(`${weekday}day, ${day}-${month}-${year.slice(2)} ${time} GMT`)).toBe(wait)
        expect(read(`${weekday} ${month} ${String(Number(day)).padStart(2)} ${time} ${year}`)).toBe(wait)
      }),
    )
  })

  test('Retry-After with any text is a non-negative number or ignored', () => {
    fc.assert(
      fc.property(fc.string(), (header) => {
        const delayMs = read(header)
        expect(delayMs === null || delayMs >= 0).toBe(true)
      }),
    )
  })
})
