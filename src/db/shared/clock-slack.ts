/**
 * Process clocks create ids; the database clock sets timestamps. The two may differ by up to this many milliseconds; a
 * larger difference is not supported.
 */
export const clockSlackMs = 3_600_000
