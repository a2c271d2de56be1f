/** The words by which orders are searched. */
import { index, pgTable, primaryKey } from 'drizzle-orm/pg-core'
import { id } from './columns.ts'

/**
 * The words of customers and orders (`domain/orders/search-words.ts`). Not columns of their tables, so that a change of an
 * order's state writes to no index. There is no foreign key, so that an insert reads no other row.
 */
export const searchWords = pgTable(
  'search_words',
  {
    /** A customer or an order. */
    ownerId: id('owner_id').notNull(),
    word: id('word').notNull(),
    projectId: id('project_id').notNull(),
  },
  (t) => [
    // replace the words of an owner; check a candidate
    primaryKey({ columns: [t.ownerId, t.word] }),
    // the owners of the words that begin with a searched word
    index('search_words_word').on(t.projectId, t.word, t.ownerId),
  ],
)
