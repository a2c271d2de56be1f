/**
 * A new secret, or a new token, for a webhook. Where a request has room for several signatures the old secret
 * signs beside the new one until the overlap is over, so that a receiver can change over in its own time.
 */
import { checkWhole } from '../../domain/shared/bounds.ts'
import { tokenBytes, writeToken } from '../../domain/dialects/token.ts'
import { isIdOf } from '../../domain/shared/ids.ts'
import type { Dialect } from '../../domain/dialects/registry.ts'
import { ok, refused, type Result } from '../../domain/shared/problem.ts'
import { maxWebhookRotations } from '../../domain/access/rate-limits.ts'
import { checkCredentials, defaultOverlapMs, maxOverlapMs } from '../../domain/webhooks/webhook-settings.ts'
import { changeWebhook, webhookNotFound, type WebhookWorld } from './enable-disable-delete.ts'
import { makeCredentials, encryptCredentials, type WebhookWithSecret, type OneTimeSecret } from './create-webhook.ts'
import { consumeRateLimit } from '../shared/consume-rate-limit.ts'
import { dialectRules } from '../../domain/dialects/registry.ts'
import { checkVersion } from '../shared/mutation-context.ts'

export interface SecretRotateInput {
  readonly id: string
  /** Null, here and in the next: made. */
  readonly secret: string | null
  readonly token: string | null
  /** How long the old secret signs too, in milliseconds; null: a day. */
  readonly overlapMs: number | null
  readonly expectedVersion: number | null
}

/** Of two rotations within an overlap the older secret ends at once: at most two sign. Throws TooOften. */
export async function rotateSecret(
  world: WebhookWorld,
  input: SecretRotateInput,
): Promise<Result<WebhookWithSecret>> {
  const { id } = input
  const [known] = isIdOf('webhook', id) ? await world.store.webhooksByIds([id]) : []
  if (known === undefined || known.deletedAt !== null) return refused(webhookNotFound())
  const { dialect } = known
  const given = checkCredentials(dialect, input)
  const problems = [
    ...given.problems,
    ...checkWhole(input.overlapMs, { min: 0, max: maxOverlapMs }, ['overlapMs']),
  ]
  if (problems.length > 0) return refused(...problems)
  const often = `a webhook's secret is rotated ${maxWebhookRotations} times a minute at the most`
  await consumeRateLimit(world.rates, 'WEBHOOK_ROTATIONS', id, often)
  const credentials = newProof(world, dialect, given.credentials)
  const encrypted = await encryptCredentials(world, id, credentials)
  const overlapMs = dialectRules[dialect].manySignatures ? (input.overlapMs ?? defaultOverlapMs) : 0
  const rotation = {
    operation: 'webhookSecretRotate',
    step: 'webhook.secret-rotated',
    replaced: { secret: credentials.secret !== null, token: credentials.token !== null },
  }
  const result = await changeWebhook(world, id, rotation, async (before, tx) => {
    const stale = checkVersion(before, input.expectedVersion)
    if (stale !== null) return refused(stale)
    const [secret] = encrypted.secrets
    const overlaps = secret !== undefined && before.hasSecret && overlapMs > 0
    const previousUntil = overlaps ? new Date(tx.now.getTime() + overlapMs) : null
    await tx.setCredentials(id, { secret, previousUntil, token: encrypted.token ?? undefined })
    return ok({
      ...before,
      hasSecret: credentials.secret !== null,
      previousSecretUntil: previousUntil,
      hasToken: credentials.token !== null,
    })
  })
  return result.ok ? ok({ webhook: result.value, ...credentials }) : result
}

// Whoever rotates wants something new: also where the dialect could be without a token.
function newProof(
  world: WebhookWorld,
  dialect: Dialect,
  given: { readonly secret: string | null | undefined; readonly token: string | null | undefined },
): OneTimeSecret {
  const credentials = makeCredentials(world, dialect, given)
  const carriesToken = dialectRules[dialect].token !== 'NONE'
  return carriesToken && credentials.token === null
    ? { ...credentials, token: writeToken(world.system.randomBytes(tokenBytes)) }
    : credentials
}
