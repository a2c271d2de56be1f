/** Writes the words by which orders are searched. Parts of statements; each is a query of a WITH list. */
import { sql, type SQL } from 'drizzle-orm'

/** A customer or an order, and all its words. */
export interface WordsOfOwner {
  readonly ownerId: string
  readonly words: readonly string[]
}

/** Inserts the words of new owners. */
export function insertWords(owners: readonly WordsOfOwner[], projectId: string): SQL {
  return sql`new_words as (
      insert into search_words (owner_id, word, project_id)
      select owner_id, unnest(words), ${projectId} from ${recordset(owners)}
    )`
}

/** Removes the words that existing owners have no more, and inserts those that they have not had. */
export function replaceWords(owners: readonly WordsOfOwner[], projectId: string): SQL {
  return sql`removed_words as (
      delete from search_words s using ${recordset(owners)}
      where s.owner_id = n.owner_id and s.word <> all(n.words) and s.project_id = ${projectId}
    ), added_words as (
      insert into search_words (owner_id, word, project_id)
      select owner_id, unnest(words), ${projectId} from ${recordset(owners)}
      on conflict (owner_id, word) do nothing
    )`
}

function recordset(owners: readonly WordsOfOwner[]): SQL {
  const rows = owners.map(({ ownerId, words }) => ({ owner_id: ownerId, words }))
  return sql`json_to_recordset(${JSON.stringify(rows)}::json) as n(owner_id text, words text[])`
}
