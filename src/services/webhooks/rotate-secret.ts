/**
 * Rotates a webhook's secret or token. If the dialect's requests can carry several signatures, the old secret also
 * signs until the overlap ends, so that the receiver can switch at any time during the overlap.
 */
import { checkWhole } from '../../domain/shared/bounds.ts'
import { tokenBytes, writeToken } from '../../domain/dialects/token.ts'
import { isIdOf } from '../../domain/shared/ids.ts'
import type { Dialect } from '../../domain/dialects/registry.ts'
import { ok, refused, type Result } from '../../domain/shared/problem.ts'
import { maxWebhookRotations } from '../../domain/access/rate-limits.ts'
import { checkCredentials, defaultOverlapMs, maxOverlapMs } from '../../domain/webhooks/webhook-settings.ts'
import { changeWebhook, webhookNotFound, type WebhookDeps } from './enable-disable-delete.ts'
import {
  makeCredentials,
  encryptCredentials,
  type WebhookWithSecret,
  type OneTimeSecret,
} from './create-webhook.ts'
import { consumeRateLimit } from '../shared/consume-rate-limit.ts'
import { dialectRules } from '../../domain/dialects/registry.ts'
import { checkVersion } from '../shared/mutation-context.ts'

export interface SecretRotateInput {
  readonly id: string
  /** `secret` and `token`: null generates one. */
  readonly secret: string | null
  readonly token: string | null
  /** How long the old secret also signs, in milliseconds; null: one day. */
  readonly overlapMs: number | null
  readonly expectedVersion: number | null
}

/**
 * Rotates the credentials. At most two secrets sign: a rotation during an overlap ends the overlap of the older secret.
 * Throws `RateLimited`.
 */
export async function rotateSecret(
  deps: WebhookDeps,
  input: SecretRotateInput,
): Promise<Result<WebhookWithSecret>> {
  const { id } = input
  const [known] = isIdOf('webhook', id) ? await deps.store.webhooksByIds([id]) : []
  if (known === undefined || known.deletedAt !== null) return refused(webhookNotFound())
  const { dialect } = known
  const given = checkCredentials(dialect, input)
  const problems = [
    ...given.problems,
    ...checkWhole(input.overlapMs, { min: 0, max: maxOverlapMs }, ['overlapMs']),
  ]
  if (problems.length > 0) return refused(...problems)
  const often = `a webhook's secret can be rotated at most ${maxWebhookRotations} times a minute`
  await consumeRateLimit(deps.rates, 'WEBHOOK_ROTATIONS', id, often)
  const credentials = newCredentials(deps, dialect, given.credentials)
  const encrypted = await encryptCredentials(deps, id, credentials)
  const overlapMs = dialectRules[dialect].manySignatures ? (input.overlapMs ?? defaultOverlapMs) : 0
  const rotation = {
    operation: 'webhookSecretRotate',
    step: 'webhook.secret-rotated',
    replaced: { secret: credentials.secret !== null, token: credentials.token !== null },
  }
  const result = await changeWebhook(deps, id, rotation, async (before, tx) => {
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

// Generates a token even where the dialect's token is optional, because a rotation must produce new credentials.
function newCredentials(
  deps: WebhookDeps,
  dialect: Dialect,
  given: { readonly secret: string | null | undefined; readonly token: string | null | undefined },
): OneTimeSecret {
  const credentials = makeCredentials(deps, dialect, given)
  const carriesToken = dialectRules[dialect].token !== 'NONE'
  return carriesToken && credentials.token === null
    ? { ...credentials, token: writeToken(deps.system.randomBytes(tokenBytes)) }
    : credentials
}
