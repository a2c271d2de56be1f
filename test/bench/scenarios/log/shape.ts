/** The final states of the deliveries of the log with their shares, and the attempts of each. */
import type {
  AttemptNextStep,
  AttemptTrigger,
  DeliveryState,
} from '../../../../src/domain/deliveries/delivery.ts'
import type { OrderSnapshot } from '../../../../src/domain/orders/event.ts'
import type { AttemptOutcome } from '../../../../src/domain/deliveries/outcome.ts'

interface Ending {
  readonly ending: string
  /** Of a thousand deliveries, the numbers below this one that no ending above includes. */
  readonly until: number
  readonly state: DeliveryState
}

/** PENDING deliveries are of the last two days; older ones of that share were delivered at the first attempt. */
export const endings: readonly Ending[] = [
  { ending: 'EXHAUSTED', until: 5, state: 'EXHAUSTED' },
  { ending: 'DELIVERED_LATE', until: 25, state: 'DELIVERED' },
  { ending: 'DELIVERED_MANUALLY', until: 27, state: 'DELIVERED' },
  { ending: 'CANCELLED', until: 28, state: 'CANCELLED' },
  { ending: 'SKIPPED', until: 30, state: 'SKIPPED' },
  { ending: 'PENDING', until: 40, state: 'PENDING' },
  { ending: 'DELIVERED', until: 1_000, state: 'DELIVERED' },
]

interface Step {
  readonly ending: string
  readonly number: number
  readonly outcome: AttemptOutcome
  readonly statusCode: number | null
  readonly trigger: AttemptTrigger
  readonly nextStep: AttemptNextStep
  /** The time since the creation of the delivery. */
  readonly afterS: number
}

const failures = [
  { outcome: 'HTTP_ERROR', statusCode: 503 },
  { outcome: 'TIMED_OUT', statusCode: null },
  { outcome: 'CONNECTION_FAILED', statusCode: null },
  { outcome: 'HTTP_ERROR', statusCode: 500 },
  { outcome: 'HTTP_ERROR', statusCode: 404 },
] as const
/** When each of the attempts begins; the last is manual. */
const afterS = [0.1, 5, 305, 2_105, 9_305, 9_600]
const wholeSchedule = failures.length

function failed(ending: string, count: number): readonly Step[] {
  return failures.slice(0, count).map((failure, index) => ({
    ...{ ending, number: index + 1, ...failure, trigger: 'SCHEDULE', afterS: afterS[index] ?? 0 },
    nextStep: index + 1 < wholeSchedule ? 'RETRY' : 'EXHAUSTED',
  }))
}

function succeeded(ending: string, number: number, trigger: AttemptTrigger = 'SCHEDULE'): Step {
  const answer = { outcome: 'SUCCEEDED', statusCode: 200, nextStep: 'NONE' } as const
  return { ending, number, ...answer, trigger, afterS: afterS[number - 1] ?? 0 }
}

export const steps: readonly Step[] = [
  ...failed('EXHAUSTED', wholeSchedule),
  ...failed('DELIVERED_LATE', 1),
  succeeded('DELIVERED_LATE', 2),
  ...failed('DELIVERED_MANUALLY', wholeSchedule),
  succeeded('DELIVERED_MANUALLY', wholeSchedule + 1, 'MANUAL'),
  ...failed('CANCELLED', 1),
  ...failed('PENDING', 2),
  succeeded('DELIVERED', 1),
]

/**
 * Ids in the product's format from a millisecond and a number: UUIDv7 in base32, which includes the digits of base 16.
 * PostgreSQL inlines the function while its arguments are plain columns; otherwise it takes ten times as long.
 */
export const idFunction = `
  create function pg_temp.bench_id(prefix text, ms bigint, n bigint) returns text
  language sql immutable as $$
    select prefix || '_' || ${base32Digits()} || 'e008' || lpad(to_hex(n), 12, '0')
  $$`

/** The milliseconds of an instant. */
export const msFunction = `
  create function pg_temp.bench_ms(at timestamptz) returns bigint
  language sql immutable as $$ select floor(extract(epoch from date_trunc('milliseconds', at)) * 1000)::bigint $$`

function base32Digits(): string {
  const places = Array.from({ length: 10 }, (_, place) => 5 * (9 - place))
  return places
    .map((bits) => `substr('0123456789abcdefghjkmnpqrstvwxyz', (ms >> ${bits} & 31)::int + 1, 1)`)
    .join(' || ')
}

/** The data of an event as an SQL format string, with the order's id, its number, the sequence, its uid, the site's id and an instant. */
export const eventFormat = JSON.stringify({
  ...{
    id: '%1$s',
    number: 2,
    uid: '%4$s',
    version: 3,
    sequence: 3,
    state: 'ACCEPTED',
    customerState: 'CREATED',
  },
  ...{ stateChanged: true, customerStateChanged: false, partnerIdentifier: null, redemptionCode: 'NNSE9J' },
  ...{
    areaName: null,
    pickupWindow: null,
    etaAt: null,
    arrivedAt: null,
    createdAt: '%6$s',
    updatedAt: '%6$s',
  },
  site: { id: '%5$s', number: 1, name: 'Main Street', partnerIdentifier: null },
  customer: null,
} satisfies OrderSnapshot).replace(/"(number|version|sequence)":([23])/g, '"$1":%$2$s')
