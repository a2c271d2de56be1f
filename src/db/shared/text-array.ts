import { sql, type SQL } from 'drizzle-orm'

/** Passes an array as one parameter, so that the text of the statement does not depend on its length. */
export function textArray(values: readonly (string | null)[]): SQL {
  return sql`${sql.param([...values])}::text[]`
}
