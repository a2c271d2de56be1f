/** A log for tests that do not look at it. */
import type { Log } from '../../src/ports/platform.ts'

const nothing = (): void => undefined
export const nullLog: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing }
