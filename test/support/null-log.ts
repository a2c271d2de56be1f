/** A log that discards everything, for tests that do not check the log. */
import type { Log } from '../../src/ports/log.ts'

const nothing = (): void => undefined
export const nullLog: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing }
