/**
 * The values that all requests to a webhook share: its policy, its credentials in clear text, its custom headers as they
 * are sent and shown. They are computed once for many requests. Does not write requests.
 */
import type { Header } from '../domain/deliveries/outcome.ts'
import type { DialectRules } from '../domain/dialects/dialect.ts'
import { dialectRules } from '../domain/dialects/registry.ts'
import type { Policy } from '../domain/policies/policy.ts'
import { shownHeader } from '../domain/webhooks/custom-headers.ts'
import { policyOf, type Webhook } from '../domain/webhooks/webhook.ts'
import type { Claimed, ClaimedWebhook } from '../ports/dispatch-store.ts'
import type { Secrets } from '../ports/secrets.ts'
import { decryptCredentials, type Credentials } from './credentials.ts'

/** Decrypted credentials are removed from memory after this time, even if they are in use. */
const preparedForMs = 60_000
/** Maximum number of prepared webhooks in memory. */
const maxPrepared = 10_000

export interface PreparedWebhook {
  readonly webhookId: string
  readonly url: string
  readonly policy: Policy
  readonly dialect: DialectRules
  readonly credentials: Credentials
  /** The custom headers as they are stored and shown, with their secrets masked. */
  readonly shownHeaders: readonly Header[]
  /** The secrets of every request in clear text, as texts that a response may contain. */
  readonly secrets: readonly string[]
}

export interface PrepareDeps {
  readonly secrets: Secrets
  /** Waits `ms` milliseconds. */
  readonly pause: (ms: number) => Promise<void>
}

/** Prepares the webhook of a claimed delivery. */
export type PrepareClaimed = (claimed: Claimed) => Promise<PreparedWebhook>

/**
 * Returns a function that prepares each object `claimed.webhook` once. A changed webhook is another object, so a change
 * takes effect at the next claim.
 */
export function makePrepareClaimed({ secrets, pause }: PrepareDeps): PrepareClaimed {
  const prepared = new Map<ClaimedWebhook, Promise<PreparedWebhook>>()

  function remember(webhook: ClaimedWebhook, preparing: Promise<PreparedWebhook>): void {
    const [oldest] = prepared.size < maxPrepared ? [] : prepared.keys()
    if (oldest !== undefined) prepared.delete(oldest)
    prepared.set(webhook, preparing)
    void pause(preparedForMs).then(() => prepared.delete(webhook))
    // A failure is not kept.
    preparing.catch(() => prepared.delete(webhook))
  }

  return (claimed) => {
    const { webhookId, webhook } = claimed
    const known = prepared.get(webhook)
    if (known !== undefined) return known
    const preparing = decryptCredentials({ secrets }, claimed, webhook).then((credentials) =>
      prepareWebhook(webhookId, webhook, credentials),
    )
    remember(webhook, preparing)
    return preparing
  }
}

export function prepareWebhook(
  webhookId: string,
  webhook: Pick<Webhook, 'url' | 'preset' | 'dialect' | 'overrides' | 'headers'>,
  credentials: Credentials,
): PreparedWebhook {
  const { secrets, token, headers } = credentials
  const sealed = headers.filter((_, index) => 'sealedValue' in (webhook.headers[index] ?? {}))
  return {
    webhookId,
    url: webhook.url,
    policy: policyOf(webhook),
    dialect: dialectRules[webhook.dialect],
    credentials,
    shownHeaders: webhook.headers.map(shownHeader),
    secrets: [...secrets, ...(token === null ? [] : [token]), ...sealed.flatMap(secretTexts)],
  }
}

/** The value of a secret header. For a value with a scheme, such as `Bearer x`, also the part after the scheme. */
export function secretTexts({ value }: Header): readonly string[] {
  return [value, value.slice(value.indexOf(' ') + 1)]
}
