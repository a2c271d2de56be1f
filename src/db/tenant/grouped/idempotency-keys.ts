/**
 * The idempotency keys of a group of changes. An advisory lock per key makes two requests with the same key wait for
 * each other in all processes. The row is inserted with the answer, by `write-group.ts`.
 */
import { sql } from 'drizzle-orm'
import { textArray } from '../../shared/text-array.ts'
import type { GroupContext } from './group-context.ts'

export interface IdempotencyKey {
  readonly mutation: string
  readonly key: string
}

/** The answer that was stored with a key, and the hash of the input that was answered. */
export interface StoredAnswer extends IdempotencyKey {
  readonly inputHash: string
  readonly answer: string
}

/** Locks the keys until the transaction ends. Returns for each whether it is locked; all are when the group waits. */
export async function lockKeys(
  { tx, projectId, waits }: GroupContext,
  keys: readonly IdempotencyKey[],
): Promise<readonly boolean[]> {
  if (keys.length === 0) return []
  const names = keys.map(({ mutation, key }) => `orderbell.idempotency.${projectId}.${mutation}.${key}`)
  // pg_advisory_xact_lock returns no value, which is not null.
  const locked = waits
    ? sql`pg_advisory_xact_lock(hashtextextended(name, 0)) is not null`
    : sql`pg_try_advisory_xact_lock(hashtextextended(name, 0))`
  const rows = await tx.execute<{ locked: boolean }>(
    sql`select ${locked} as locked from unnest(${textArray(names)}) with ordinality as names(name, place) order by place`,
  )
  return rows.map((row) => row.locked)
}

/** Returns the stored answers of these keys. */
export async function readAnswers(
  { tx, projectId }: GroupContext,
  keys: readonly IdempotencyKey[],
): Promise<readonly StoredAnswer[]> {
  if (keys.length === 0) return []
  const rows = await tx.execute<{
    mutation: string
    key: string
    input_hash: string
    answer: string | null
  }>(sql`
    select k.mutation, k.key, k.input_hash, k.answer
    from unnest(${textArray(keys.map(({ mutation }) => mutation))}, ${textArray(keys.map(({ key }) => key))})
      as wanted(mutation, key)
    join idempotency_keys k on k.project_id = ${projectId} and k.mutation = wanted.mutation and k.key = wanted.key`)
  return rows.map(({ mutation, key, input_hash: inputHash, answer }) => {
    if (answer === null)
      throw new Error(`expected idempotency key of ${mutation} in ${projectId} to have an answer`)
    return { mutation, key, inputHash, answer }
  })
}
