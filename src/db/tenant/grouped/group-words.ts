/** Writes the words by which the orders and customers of a group are searched. */
import { sql, type SQL } from 'drizzle-orm'
import { wordsOfCustomer, wordsOfOrder } from '../../../domain/orders/search-words.ts'
import type { Customer, Order } from '../../../domain/orders/order.ts'
import { insertWords, replaceWords, type WordsOfOwner } from '../../shared/search-words-sql.ts'

interface Worded {
  readonly createdOrders: readonly Order[]
  readonly renamedOrders: readonly Order[]
  readonly createdCustomers: readonly Customer[]
}

/**
 * Returns further queries for the WITH list of the group's statement. There are none for changes that write no words,
 * such as those of an order's state, so these cost nothing.
 */
export function writeWords(
  { createdOrders, createdCustomers, renamedOrders }: Worded,
  projectId: string,
): SQL {
  const created = [...createdOrders.map(orderWords), ...createdCustomers.map(customerWords)].filter(hasWords)
  const renamed = renamedOrders.map(orderWords)
  const inserted = created.length === 0 ? sql`` : sql`, ${insertWords(created, projectId)}`
  const replaced = renamed.length === 0 ? sql`` : sql`, ${replaceWords(renamed, projectId)}`
  return sql`${inserted}${replaced}`
}

function orderWords(order: Order): WordsOfOwner {
  return { ownerId: order.id, words: wordsOfOrder(order) }
}

function customerWords(customer: Customer): WordsOfOwner {
  return { ownerId: customer.id, words: wordsOfCustomer(customer) }
}

function hasWords({ words }: WordsOfOwner): boolean {
  return words.length > 0
}
