/**
 * Removes a customer's personal data from its own events, from those of its orders and from the contents of their
 * attempts, in batches of one transaction each. The row in `pending_erasures` is deleted with the last batch.
 */
import { erased, erasedCustomerSnapshot, erasedSnapshot } from '../../domain/orders/personal-data.ts'
import type postgres from 'postgres'

/**
 * A condition: whether a JSON object still contains personal data of a customer. `customer` is SQL text: that of an order's
 * snapshot, or the data of the customer's own event. Returns SQL text, because drizzle and postgres.js statements both use
 * it.
 */
export function isPersonal(customer: string): string {
  const member = (name: string) => `${customer}->>'${name}'`
  const car = ['carType', 'carColor', 'licensePlate'].map(member).join(', ')
  const wants = (way: string) => `coalesce(${customer}->'marketing'->>'${way}' = 'true', false)`
  return `(${member('name')} <> '${erased}' or coalesce(${car}) is not null or ${wants('email')} or ${wants('sms')})`
}

/**
 * One batch, inside the caller's transaction. `which` selects and locks one row of `pending_erasures`. Returns how many events
 * were changed; 0: nothing is left to erase.
 */
export async function eraseBatch(
  tx: postgres.ISql,
  which: postgres.PendingQuery<postgres.Row[]>,
  limit: number,
): Promise<number> {
  const [erasure] = await tx<{ customer_id: string; project_id: string; after_order_id: string }[]>`
    select customer_id, project_id, after_order_id from pending_erasures ${which}`
  if (erasure === undefined) return 0
  const { customer_id: customerId, project_id: projectId, after_order_id: after } = erasure
  const own = await tx<{ id: string; data: string }[]>`
    select e.id, e.data from events e
    where e.customer_id = ${customerId} and e.project_id = ${projectId}
      and e.erased_at is null and ${tx.unsafe(isPersonal('e.data::jsonb'))}
    limit ${limit}`
  if (own.length > 0) {
    await eraseEvents(tx, own, erasedCustomerSnapshot)
    return own.length
  }
  const found = await tx<{ id: string; order_id: string; data: string }[]>`
    select e.id, e.order_id, e.data
    from orders o join events e on e.order_id = o.id
    where o.customer_id = ${customerId} and o.project_id = ${projectId} and o.id >= ${after}
      and e.erased_at is null and ${tx.unsafe(isPersonal("e.data::jsonb->'customer'"))}
    order by o.id, e.sequence
    limit ${limit}`
  if (found.length > 0) await eraseEvents(tx, found, erasedSnapshot)
  if (found.length < limit) await tx`delete from pending_erasures where customer_id = ${customerId}`
  else
    await tx`
      update pending_erasures set after_order_id = ${found.at(-1)?.order_id ?? after} where customer_id = ${customerId}`
  return found.length
}

async function eraseEvents(
  tx: postgres.ISql,
  found: readonly { readonly id: string; readonly data: string }[],
  erasedData: (data: string) => string,
): Promise<void> {
  const ids = found.map(({ id }) => id)
  await tx`
    update events e set data = batch.data, erased_at = now()
    from unnest(${ids}::text[], ${found.map(({ data }) => erasedData(data))}::text[]) as batch(id, data)
    where e.id = batch.id`
  // A settle updates these rows first. So this statement waits for settles in progress, whose attempts the next
  // statement then finds. A later settle sees erased_at, and stores no body that was sent before.
  await tx`update deliveries set erased_at = now() where event_id = any(${ids}::text[])`
  await tx`
    update attempt_contents c set
      request_body = case when request_body is not null then ${erased} end,
      response_headers = case when response_headers is not null then '[]' end,
      response_body = case
        when octet_length(response_body) > 0 then convert_to(${erased}, 'UTF8') else response_body
      end,
      response_truncated = response_truncated or octet_length(response_body) > 0
    from deliveries d join attempts a on a.delivery_id = d.id
    where d.event_id = any(${ids}::text[]) and c.started_at = a.started_at and c.attempt_id = a.id`
}
