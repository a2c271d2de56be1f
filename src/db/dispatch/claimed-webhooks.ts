/**
 * The settings of claimed webhooks, read once and cached: all deliveries of a webhook share one object until its row
 * changes, at most for a minute. A claim returns the version of the webhook's row, so a change takes effect at the next
 * claim.
 */
import { LRUCache } from 'lru-cache'
import type { Dialect } from '../../domain/dialects/registry.ts'
import type { PolicyOverrides } from '../../domain/policies/policy.ts'
import type { Preset } from '../../domain/webhooks/preset.ts'
import { pausedPeriods, type PausedPeriod } from '../../domain/deliveries/pause.ts'
import type { Ordering } from '../../domain/webhooks/ordering.ts'
import type { CustomHeader } from '../../domain/webhooks/webhook.ts'
import type { ClaimedWebhook } from '../../ports/dispatch-store.ts'
import type { Sql } from '../connection/connect.ts'
import { toEncryptedSecrets } from '../shared/row-mapping.ts'

/** Maximum webhooks whose settings are cached. The one that was used least recently is removed first. */
const maxCached = 20_000
const cachedMs = 60_000

/** A claimed webhook and its row's version: the id of the transaction that wrote the row. */
export interface WebhookVersion {
  readonly webhook_id: string
  readonly webhook_xmin: string
}

interface WebhookRow extends WebhookVersion {
  url: string
  preset: Preset
  overrides: PolicyOverrides
  dialect: Dialect
  headers: readonly CustomHeader[]
  sealed_secret: string | null
  previous_sealed_secret: string | null
  /** Null: there is no previous secret. */
  previous_secret_ms: number | null
  sealed_token: string | null
  max_concurrency: number | null
  ordering: Ordering
  expire_after_ms: number | null
  paused_since: Date | null
  paused_until: Date | null
  earlier_pauses: readonly PausedPeriod[]
}

interface Cached {
  readonly xmin: string
  readonly webhook: ClaimedWebhook
}

/** Returns the settings of each webhook, by id. */
export type ReadClaimedWebhooks = (
  versions: readonly WebhookVersion[],
) => Promise<ReadonlyMap<string, ClaimedWebhook>>

export function makeClaimedWebhooks(sql: Sql): ReadClaimedWebhooks {
  const cache = new LRUCache<string, Cached>({ max: maxCached, ttl: cachedMs })

  function cached({ webhook_id: id, webhook_xmin: xmin }: WebhookVersion): ClaimedWebhook | undefined {
    const found = cache.get(id)
    return found?.xmin === xmin ? found.webhook : undefined
  }

  /** Another claim may have cached the same version in the meantime: its object is kept. */
  function remember(row: WebhookRow): ClaimedWebhook {
    const known = cached(row)
    if (known !== undefined) return known
    const webhook = toClaimedWebhook(row)
    // The previous secret is not used for longer than it is valid.
    const ttl = Math.max(1, Math.floor(Math.min(cachedMs, row.previous_secret_ms ?? cachedMs)))
    cache.set(row.webhook_id, { xmin: row.webhook_xmin, webhook }, { ttl })
    return webhook
  }

  return async (versions) => {
    const found = new Map<string, ClaimedWebhook>()
    const missing = new Set<string>()
    for (const version of versions) {
      const id = version.webhook_id
      if (found.has(id) || missing.has(id)) continue
      const webhook = cached(version)
      if (webhook === undefined) missing.add(id)
      else found.set(id, webhook)
    }
    if (missing.size > 0)
      for (const row of await readWebhooks(sql, [...missing])) found.set(row.webhook_id, remember(row))
    return found
  }
}

function readWebhooks(sql: Sql, ids: readonly string[]): Promise<WebhookRow[]> {
  return sql<WebhookRow[]>`
    select id as webhook_id, xmin::text as webhook_xmin, url, preset, dialect, overrides, headers, max_concurrency, ordering,
      expire_after_ms,
      paused_since, paused_until, earlier_pauses,
      sealed_secret, sealed_token,
      case when previous_secret_until > now() then previous_sealed_secret end as previous_sealed_secret,
      case when previous_secret_until > now() and previous_sealed_secret is not null
        then (extract(epoch from previous_secret_until - now()) * 1000)::float8
      end as previous_secret_ms
    from webhooks where id = any(${[...ids]}::text[])`
}

function toClaimedWebhook(row: WebhookRow): ClaimedWebhook {
  return {
    url: row.url,
    preset: row.preset,
    dialect: row.dialect,
    overrides: row.overrides,
    headers: row.headers,
    encrypted: toEncryptedSecrets(row.sealed_secret, row.previous_sealed_secret, row.sealed_token),
    maxConcurrency: row.max_concurrency,
    ordering: row.ordering,
    expireAfterMs: row.expire_after_ms,
    pauses: pausedPeriods({
      pause: row.paused_since && { since: row.paused_since, until: row.paused_until },
      earlierPauses: row.earlier_pauses,
    }),
  }
}
