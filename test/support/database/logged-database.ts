/** A database of the API that reports its statements. */
import postgres from 'postgres'
import { databaseOver, type Database } from '../../../src/db/connection/connect.ts'

/** `onStatement` is not called for the statements that begin and end a transaction. */
export function loggedDatabase(
  url: string,
  onStatement: (text: string, values: readonly unknown[]) => void,
  options: postgres.Options<Record<string, never>> = {},
): Database {
  const client = postgres(url, {
    ...options,
    max: 1,
    debug: (_connection, text, values) => {
      if (!/^(begin|commit|rollback)\b/.test(text.trim())) onStatement(text, values as unknown[])
    },
  })
  return databaseOver(client)
}
