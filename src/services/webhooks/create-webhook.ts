/**
 * Creates a webhook: validates its settings, generates and encrypts its credentials, and checks its receiver where the
 * policy requires that. The credentials are returned only once.
 */
import { auditedWebhook } from '../../domain/audit/snapshots.ts'
import { tokenBytes, writeToken } from '../../domain/dialects/token.ts'
import type { Header } from '../../domain/deliveries/outcome.ts'
import type { PolicyOverrides } from '../../domain/policies/policy.ts'
import { presetRules, type Preset } from '../../domain/webhooks/preset.ts'
import type { Dialect } from '../../domain/dialects/registry.ts'
import { ok, refused, type Problem, type Result } from '../../domain/shared/problem.ts'
import { checkCredentials } from '../../domain/webhooks/webhook-settings.ts'
import type { Ordering } from '../../domain/webhooks/ordering.ts'
import type { OrderConditions, Webhook } from '../../domain/webhooks/webhook.ts'
import { changeOf } from '../../domain/feed/webhook-change.ts'
import { topicsOfProject } from '../events/change-topic.ts'
import { asDisabled, type WebhookDeps } from './enable-disable-delete.ts'
import { notifyFeeds, writeWebhookChange } from './report-change.ts'
import type { EncryptedSecrets } from '../../ports/dispatch-store.ts'
import type { ProjectTx } from '../../db/tenant/transaction.ts'
import { writeAuditEntry } from '../shared/write-audit-entry.ts'
import { checkOnSave } from './save-check.ts'
import { transact } from '../shared/transact.ts'
import {
  checkOwner,
  checkWebhookLimit,
  checkSettings,
  checkSites,
  overHeaders,
  ownership,
  prepareHeaders,
} from './webhook-settings.ts'
import { dialectRules } from '../../domain/dialects/registry.ts'
import { secretAad, tokenAad } from '../../dispatch/credentials.ts'

/** Standard Webhooks requires 24 to 64 random bytes. */
const secretBytes = 32

export interface WebhookCreateInput {
  readonly name: string
  readonly url: string
  readonly topics: readonly string[]
  readonly filters: OrderConditions
  readonly preset: Preset
  /** Null: the preset's dialect. */
  readonly dialect: Dialect | null
  readonly overrides: PolicyOverrides
  readonly headers: readonly Header[]
  /** `secret` and `token`: null generates one where the dialect needs it. */
  readonly secret: string | null
  readonly token: string | null
  readonly maxConcurrency: number | null
  readonly ratePerSecond: number | null
  readonly ordering: Ordering
  readonly expireAfterMs: number | null
  readonly partnerId: string | null
  readonly enabled: boolean
}

/** A webhook's credentials in clear text. They are returned only when they are set. */
export interface OneTimeSecret {
  readonly secret: string | null
  readonly token: string | null
}

/** A webhook with its credentials in clear text. */
export interface WebhookWithSecret extends OneTimeSecret {
  readonly webhook: Webhook
}

export async function createWebhook(
  deps: WebhookDeps,
  input: WebhookCreateInput,
): Promise<Result<WebhookWithSecret>> {
  const draft = await draftWebhook(deps, input)
  const { webhook, credentials } = draft
  // Report all problems that can be found without a request to the receiver before sending one.
  const cheap = await transact(deps.store, (tx) => checkDraft(tx, draft))
  if (!cheap.ok) return cheap
  const encrypted = await encryptCredentials(deps, webhook.id, credentials)
  const failed = await checkOnSave(deps, webhook, encrypted)
  if (failed !== null) return refused(failed)
  const result = await transact<Webhook>(deps.store, async (tx) => {
    // Validate again: during the request other callers may have created webhooks up to the limit.
    const checked = await checkDraft(tx, draft)
    if (!checked.ok) return checked
    const made = { ...webhook, createdAt: tx.now, updatedAt: tx.now }
    const saved = input.enabled ? made : asDisabled(made, tx.now)
    await tx.insertWebhook(saved, encrypted)
    const audited = { before: null, after: auditedWebhook(saved) }
    await writeAuditEntry(deps, tx, { operation: 'webhookCreate', objectId: saved.id, ...audited })
    await writeWebhookChange(deps, tx, changeOf(null, saved, tx.now))
    return ok(saved)
  })
  if (!result.ok) return result
  notifyFeeds(deps, { due: [] })
  const { id, preset, dialect, topics } = result.value
  deps.log.info({ webhookId: id, preset, dialect, topics }, 'webhook.created')
  return ok({ webhook: result.value, ...credentials })
}

interface Draft {
  readonly webhook: Webhook
  readonly credentials: OneTimeSecret
  readonly problems: readonly Problem[]
}

async function draftWebhook(deps: WebhookDeps, input: WebhookCreateInput): Promise<Draft> {
  const { preset } = input
  const dialect = input.dialect ?? presetRules[preset].dialect
  const { name, url, topics, filters, overrides, maxConcurrency, ratePerSecond, ordering, expireAfterMs } =
    input
  const { settings, problems } = checkSettings(
    deps,
    {
      preset,
      dialect,
      name,
      url,
      topics,
      filters,
      overrides,
      maxConcurrency,
      ratePerSecond,
      ordering,
      expireAfterMs,
    },
    await topicsOfProject(deps.store),
  )
  const id = deps.system.newId('webhook')
  const given = checkCredentials(dialect, input)
  const prepared = await prepareHeaders(deps, { id, dialect }, input.headers)
  const own = overHeaders(prepared.headers, [])
  const credentials = makeCredentials(deps, dialect, given.credentials)
  const owner = await ownership(deps, input.partnerId)
  // A placeholder. The transaction that inserts the webhook sets the time.
  const never = new Date(0)
  return {
    credentials,
    problems: [...problems, ...prepared.problems, ...own.problems, ...given.problems, ...owner.problems],
    webhook: {
      ...settings,
      id,
      partnerId: owner.partnerId,
      preset,
      dialect,
      headers: own.headers,
      hasSecret: credentials.secret !== null,
      previousSecretUntil: null,
      hasToken: credentials.token !== null,
      disabled: null,
      pause: null,
      earlierPauses: [],
      consecutiveFailures: 0,
      version: 1,
      createdAt: never,
      updatedAt: never,
      deletedAt: null,
    },
  }
}

async function checkDraft(tx: ProjectTx, { webhook, problems }: Draft): Promise<Result<null>> {
  const all = [
    ...problems,
    ...(await checkSites(tx, webhook.filters)),
    ...(await checkWebhookLimit(tx, webhook)),
    // Reported once where `ownership` did not find the partner.
    ...(problems.some(({ field }) => field[0] === 'partnerId') ? [] : await checkOwner(tx, webhook)),
  ]
  return all.length > 0 ? refused(...all) : ok(null)
}

/** Returns the given credentials, and generates those that the dialect needs and the input leaves out. */
export function makeCredentials(
  deps: Pick<WebhookDeps, 'system'>,
  dialect: Dialect,
  given: { readonly secret: string | null | undefined; readonly token: string | null | undefined },
): OneTimeSecret {
  const { secret: form, token } = dialectRules[dialect]
  return {
    secret: given.secret ?? (form === null ? null : form.write(deps.system.randomBytes(secretBytes))),
    token: given.token ?? (token === 'GENERATED' ? writeToken(deps.system.randomBytes(tokenBytes)) : null),
  }
}

/** Encrypts credentials. Each ciphertext is bound to its webhook and field by additional authenticated data. */
export async function encryptCredentials(
  deps: Pick<WebhookDeps, 'secrets' | 'projectId'>,
  webhookId: string,
  { secret, token }: OneTimeSecret,
): Promise<EncryptedSecrets> {
  const encrypt = (place: string, text: string) => deps.secrets.encrypt(deps.projectId, place, text)
  return {
    secrets: secret === null ? [] : [await encrypt(secretAad(webhookId), secret)],
    token: token === null ? null : await encrypt(tokenAad(webhookId), token),
  }
}
