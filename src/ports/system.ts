/** The port of the system: ids, randomness and clocks. */
import type { IdKind } from '../domain/shared/ids.ts'
import type { ClockReading } from '../domain/deliveries/lease.ts'

/** Ids, randomness and clocks, so that tests can replace them. */
export interface System {
  /** Creates an id whose time is `at`, by default now. */
  newId(kind: IdKind, at?: Date): string
  newUuid(): string
  randomBytes(count: number): Uint8Array
  /** Returns a number in [0, 1). */
  random(): number
  /** Returns milliseconds since an arbitrary time. Is not affected by changes of the wall clock. */
  monotonicMs(): number
  /** Reads the monotonic clock and the wall clock at the same time. */
  clocks(): ClockReading
}
