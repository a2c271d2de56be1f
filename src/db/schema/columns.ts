/** Column types that the tables share. */
import { customType, timestamp } from 'drizzle-orm/pg-core'

/** Ids are compared byte by byte in every database locale, so that their order is their order of creation. */
export const id = customType<{ data: string }>({ dataType: () => 'text collate "C"' })

/** Whole milliseconds, the precision of JavaScript dates: a value that is read and written back does not change. */
export const instant = (name: string) => timestamp(name, { withTimezone: true, precision: 3, mode: 'date' })

export const bytes = customType<{ data: Uint8Array }>({ dataType: () => 'bytea' })
