/**
 * Decides which statements are prepared. PostgreSQL parses a prepared statement once per connection, but keeps it in the
 * memory of each connection until it closes, so their number is limited.
 */
import { LRUCache } from 'lru-cache'

/** Maximum number of prepared statements of a connection. A statement takes some 20 to 100 KB there. */
export const maxPreparedTexts = 200
/** A statement is prepared at this run. Statements with rare filters are not. */
export const preparedAtRun = 3
/** The number of statements whose runs are counted. */
const countedTexts = 1_000

/** Returns whether a statement with this text is to be prepared, and counts the run. */
export type IsPrepared = (text: string) => boolean

export function makePreparedTexts(): IsPrepared {
  const runs = new LRUCache<string, number>({ max: countedTexts })
  const prepared = new Set<string>()
  return (text) => {
    if (prepared.has(text)) return true
    if (prepared.size >= maxPreparedTexts) return false
    const run = (runs.get(text) ?? 0) + 1
    if (run < preparedAtRun) {
      runs.set(text, run)
      return false
    }
    runs.delete(text)
    prepared.add(text)
    return true
  }
}
