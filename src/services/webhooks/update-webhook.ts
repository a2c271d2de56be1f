/**
 * Changes a webhook's settings. Where the policy requires a check on save, the receiver gets a test request outside of
 * a transaction, and the settings are validated again in the transaction that writes them.
 */
import { webhookChange } from '../../domain/audit/snapshots.ts'
import { isIdOf } from '../../domain/shared/ids.ts'
import { laterOf } from '../../domain/shared/instant.ts'
import type { Header } from '../../domain/deliveries/outcome.ts'
import { ok, problem, refused, type Problem, type Result } from '../../domain/shared/problem.ts'
import { checkCleared, checkCredentials } from '../../domain/webhooks/webhook-settings.ts'
import { policyOf, type Webhook } from '../../domain/webhooks/webhook.ts'
import { changeOf } from '../../domain/feed/webhook-change.ts'
import { topicsOfProject } from '../events/change-topic.ts'
import { asEnabled, asDisabled, webhookNotFound, type WebhookDeps } from './enable-disable-delete.ts'
import { notifyFeeds, writeWebhookChange, type Notified } from './report-change.ts'
import type { EncryptedSecrets } from '../../ports/dispatch-store.ts'
import type { ProjectTx } from '../../db/tenant/transaction.ts'
import type { EncryptedCredentials } from '../../db/tenant/writes/webhook-writes.ts'
import { writeAuditEntry } from '../shared/write-audit-entry.ts'
import { checkOnSave } from './save-check.ts'
import { transact } from '../shared/transact.ts'
import {
  changedOwnership,
  checkOwner,
  checkSettings,
  checkSites,
  overHeaders,
  prepareHeaders,
  type PreparedHeader,
} from './webhook-settings.ts'
import { checkVersion } from '../shared/mutation-context.ts'
import { mergedSettings, type ChangedSettings } from './merged-settings.ts'
import { secretAad, tokenAad } from '../../dispatch/credentials.ts'

/** A setting that is undefined does not change; null clears it. */
export interface WebhookUpdateInput extends ChangedSettings {
  readonly id: string
  readonly headers: readonly Header[] | null | undefined
  readonly secret: string | null | undefined
  readonly token: string | null | undefined
  readonly partnerId: string | null | undefined
  readonly enabled: boolean | undefined
  readonly expectedVersion: number | null
}

export async function updateWebhook(deps: WebhookDeps, input: WebhookUpdateInput): Promise<Result<Webhook>> {
  const { id, expectedVersion: _, ...settings } = input
  if (Object.values(settings).every((value) => value === undefined))
    return refused(problem('REQUIRED', [], 'nothing to change: name at least one field besides id'))
  const update = await prepare(deps, input)
  if (update === null) return refused(webhookNotFound())
  const first = await transact(deps.store, (tx) => validateAndSave(deps, tx, update, null))
  if (!first.ok) return first
  const saved = first.value.saved ? first : await checkAndSave(deps, update, first.value)
  if (!saved.ok) return saved
  const { webhook, notified } = saved.value
  notifyFeeds(deps, notified)
  // The webhook may have been enabled, or its concurrency or rate limit raised.
  deps.laneScheduler.wakeNow([id])
  deps.log.info({ webhookId: id, version: webhook.version }, 'webhook.updated')
  return ok(webhook)
}

/** The input with its secrets encrypted. Encryption may read a data key, so it is done outside of the transaction. */
interface PreparedUpdate {
  readonly input: WebhookUpdateInput
  readonly credentials: EncryptedCredentials
  /** The new partner; undefined: no change. */
  readonly partnerId: string | null | undefined
  /** Undefined: no change. */
  readonly headers: readonly PreparedHeader[] | undefined
  /** The names of the project's topics, including the built-in topics. */
  readonly topics: readonly string[]
  /** Problems of the input that do not depend on the webhook's present settings. */
  readonly problems: readonly Problem[]
}

/**
 * The webhook after the update. `saved` is false when the receiver must be checked before the webhook is written.
 * `notified` is null when no change was written to the feed of webhook changes.
 */
interface Validated {
  readonly webhook: Webhook
  readonly encrypted: EncryptedSecrets
  readonly saved: boolean
  readonly notified: Notified
}

/** Returns null when the webhook does not exist. Relies only on fields that never change, because it takes no lock. */
async function prepare(deps: WebhookDeps, input: WebhookUpdateInput): Promise<PreparedUpdate | null> {
  const { id } = input
  const [webhook] = isIdOf('webhook', id) ? await deps.store.webhooksByIds([id]) : []
  if (webhook === undefined || webhook.deletedAt !== null) return null
  const { credentials, problems } = checkCredentials(webhook.dialect, input)
  const encrypt = (place: string, text: string) => deps.secrets.encrypt(deps.projectId, place, text)
  const prepared = await prepareHeaders(deps, webhook, input.headers ?? [])
  const owner = await changedOwnership(deps, webhook, input.partnerId)
  return {
    input,
    partnerId: input.partnerId === undefined ? undefined : owner.partnerId,
    headers: input.headers === undefined ? undefined : prepared.headers,
    topics: await topicsOfProject(deps.store),
    problems: [...prepared.problems, ...problems, ...checkCleared(webhook.dialect, input), ...owner.problems],
    credentials: {
      secret: credentials.secret == null ? undefined : await encrypt(secretAad(id), credentials.secret),
      // The new secret replaces the old one without an overlap. webhookSecretRotate offers an overlap.
      previousUntil: null,
      token: credentials.token == null ? credentials.token : await encrypt(tokenAad(id), credentials.token),
    },
  }
}

/**
 * Sends the test request, then validates again and saves. VERSION_CONFLICT when the webhook changed during the request.
 */
async function checkAndSave(
  deps: WebhookDeps,
  update: PreparedUpdate,
  validated: Validated,
): Promise<Result<Validated>> {
  const failed = await checkOnSave(deps, validated.webhook, validated.encrypted)
  if (failed !== null) return refused(failed)
  return transact(deps.store, (tx) => validateAndSave(deps, tx, update, validated.webhook.version))
}

/** `checkedVersion` is the version for which the receiver was checked; null when it was not checked. */
async function validateAndSave(
  deps: WebhookDeps,
  tx: ProjectTx,
  update: PreparedUpdate,
  checkedVersion: number | null,
): Promise<Result<Validated>> {
  const { input, credentials } = update
  if (input.ordering !== undefined) await tx.lockDueDeliveries(input.id)
  const before = await tx.lockWebhook(input.id, { withHealth: input.enabled === true })
  if (before === null || before.deletedAt !== null) return refused(webhookNotFound())
  const stale = checkVersion(before, input.expectedVersion) ?? changedMeanwhile(before, checkedVersion)
  if (stale !== null) return refused(stale)
  const changed = await withSettings(deps, tx, before, update)
  if (changed.problems.length > 0) return refused(...changed.problems)
  const webhook: Webhook = {
    ...changed.webhook,
    hasSecret: before.hasSecret || credentials.secret !== undefined,
    previousSecretUntil: credentials.secret === undefined ? before.previousSecretUntil : null,
    hasToken: credentials.token === undefined ? before.hasToken : credentials.token !== null,
  }
  if (policyOf(webhook).saveCheck && checkedVersion === null)
    return ok({
      webhook,
      encrypted: withCredentials(await tx.webhookSecrets(input.id), credentials),
      saved: false,
      notified: null,
    })
  const after = {
    ...(await withEnabled(tx, webhook, input.enabled)),
    version: before.version + 1,
    updatedAt: laterOf(tx.now, before.updatedAt),
  }
  await tx.updateWebhook(after)
  if (after.ordering !== before.ordering) await tx.placeDueDeliveries(input.id)
  await tx.setCredentials(input.id, credentials)
  const audited = webhookChange(before, after, {
    secret: credentials.secret !== undefined,
    token: credentials.token != null,
  })
  if (audited !== null)
    await writeAuditEntry(deps, tx, { operation: 'webhookUpdate', objectId: input.id, ...audited })
  const notified = await writeWebhookChange(deps, tx, changeOf(before, after, tx.now))
  return ok({ webhook: after, encrypted: { secrets: [], token: null }, saved: true, notified })
}

/** The conflict names no input field, because the caller did not supply the version that was checked. */
function changedMeanwhile({ version }: Webhook, checkedVersion: number | null): Problem | null {
  if (checkedVersion === null || checkedVersion === version) return null
  const message =
    'another request changed the webhook while its receiver was checked: read the webhook again before you repeat the change'
  return problem('VERSION_CONFLICT', [], message)
}

/** Merges the input into the present settings, and returns all problems of the result. */
async function withSettings(
  deps: WebhookDeps,
  tx: ProjectTx,
  before: Webhook,
  { input, partnerId, headers, topics, problems }: PreparedUpdate,
): Promise<{ readonly webhook: Webhook; readonly problems: readonly Problem[] }> {
  const { preset, dialect } = before
  const settings = { preset, dialect, ...mergedSettings(before, input) }
  const checked = checkSettings(deps, settings, topics)
  const own = headers === undefined ? before : overHeaders(headers, before.headers)
  return {
    webhook: {
      ...before,
      ...checked.settings,
      partnerId: partnerId === undefined ? before.partnerId : partnerId,
      headers: own.headers,
    },
    problems: [
      ...checked.problems,
      ...(input.filters == null ? [] : await checkSites(tx, input.filters)),
      ...(typeof partnerId === 'string' && problems.length === 0 ? await checkOwner(tx, { partnerId }) : []),
      ...('problems' in own ? own.problems : []),
      ...problems,
    ],
  }
}

async function withEnabled(tx: ProjectTx, webhook: Webhook, enabled: boolean | undefined): Promise<Webhook> {
  if (enabled === undefined) return webhook
  return enabled ? asEnabled(webhook, tx) : asDisabled(webhook, tx.now)
}

/** The credentials that the webhook would have after the update. */
function withCredentials(
  encrypted: EncryptedSecrets,
  { secret, token }: EncryptedCredentials,
): EncryptedSecrets {
  return {
    secrets: secret === undefined ? encrypted.secrets : [secret],
    token: token === undefined ? encrypted.token : token,
  }
}
