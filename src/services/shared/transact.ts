/**
 * Runs work in a transaction that a problem rolls back. With an idempotency key the work runs once, however often a
 * caller repeats the request.
 */
import { hashInput, keyReused, readAnswer, writeAnswer } from '../../domain/shared/idempotency.ts'
import { ok, refused, type Problem, type Result } from '../../domain/shared/problem.ts'
import type { ProjectStore } from '../../db/tenant/tenant-store.ts'
import type { ProjectTx } from '../../db/tenant/transaction.ts'

/** Thrown inside a transaction to roll it back; carries the problems to the caller. */
class Refusal extends Error {
  readonly problems: readonly Problem[]
  constructor(problems: readonly Problem[]) {
    super('the transaction was refused')
    this.problems = problems
  }
}

/** Runs `work` in a transaction. The transaction is rolled back when `work` returns problems or throws. */
export async function transact<T>(
  store: ProjectStore,
  work: (tx: ProjectTx) => Promise<Result<T>>,
): Promise<Result<T>> {
  try {
    return await store.transaction(async (tx) => {
      const result = await work(tx)
      if (!result.ok) throw new Refusal(result.problems)
      return result
    })
  } catch (error) {
    if (error instanceof Refusal) return refused(...error.problems)
    throw error
  }
}

/** The name, input and idempotency key of a mutation. */
export interface IdempotentRequest {
  readonly mutation: string
  readonly input: Readonly<Record<string, unknown>>
  /** Null: a repeated request runs the mutation again. */
  readonly idempotencyKey: string | null
}

/**
 * Like `transact`, but a request with the same mutation, key and input returns the stored answer, with `repeated` true.
 * IDEMPOTENCY_KEY_REUSED when the key was used with another input.
 */
export async function transactOnce<T>(
  store: ProjectStore,
  request: IdempotentRequest,
  work: (tx: ProjectTx) => Promise<Result<T>>,
): Promise<Result<{ readonly value: T; readonly repeated: boolean }>> {
  return transact(store, async (tx) => {
    const { idempotencyKey: key, mutation } = request
    if (key === null) return done(await work(tx), false)
    const claim = await tx.claimIdempotencyKey(mutation, key, hashInput(request.input))
    switch (claim.kind) {
      case 'SAME_INPUT':
        // The stored answer was written by `storeResponse` below for the same mutation, so it has the type T.
        return done(ok(readAnswer(claim.answer) as T), true)
      case 'OTHER_INPUT':
        return refused(keyReused(mutation))
      case 'NEW': {
        const result = await work(tx)
        if (result.ok) await tx.storeResponse(mutation, key, writeAnswer(result.value))
        return done(result, false)
      }
    }
  })
}

function done<T>(
  result: Result<T>,
  repeated: boolean,
): Result<{ readonly value: T; readonly repeated: boolean }> {
  return result.ok ? ok({ value: result.value, repeated }) : result
}
