/** One transaction that a problem rolls back, done once however often a caller repeats it with the same idempotency key. */
import { hashInput, readAnswer, writeAnswer } from '../../domain/shared/idempotency.ts'
import { ok, problem, refused, type Problem, type Result } from '../../domain/shared/problem.ts'
import type { ProjectStore } from '../../ports/tenant-store.ts'
import type { ProjectTx } from '../../ports/tenant-transaction.ts'

/** Carries problems out of a transaction, so that what was written before them is rolled back. */
class Refusal extends Error {
  readonly problems: readonly Problem[]
  constructor(problems: readonly Problem[]) {
    super('the transaction was refused')
    this.problems = problems
  }
}

/** Nothing is written when the work is refused. */
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

/** A mutation as its caller asked for it. */
export interface Asked {
  readonly mutation: string
  readonly input: Readonly<Record<string, unknown>>
  /** Null: repeating it does it again. */
  readonly idempotencyKey: string | null
}

/** As `transact`; the same key and input answer what was answered before, with `repeated` true. */
export async function transactOnce<T>(
  store: ProjectStore,
  asked: Asked,
  work: (tx: ProjectTx) => Promise<Result<T>>,
): Promise<Result<{ readonly value: T; readonly repeated: boolean }>> {
  return transact(store, async (tx) => {
    const { idempotencyKey: key, mutation } = asked
    if (key === null) return done(await work(tx), false)
    const recalled = await tx.recall(mutation, key, hashInput(asked.input))
    switch (recalled.kind) {
      case 'SAME_INPUT':
        // Only what `remember` below wrote for this same mutation can stand there.
        return done(ok(readAnswer(recalled.answer) as T), true)
      case 'OTHER_INPUT':
        return refused(
          problem(
            'IDEMPOTENCY_KEY_REUSED',
            ['idempotencyKey'],
            `${mutation} was asked with this key before, with another input; use a new key for a new wish`,
          ),
        )
      case 'NEW': {
        const result = await work(tx)
        if (result.ok) await tx.remember(mutation, key, writeAnswer(result.value))
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
