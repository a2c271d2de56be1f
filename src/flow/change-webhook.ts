/** Webhooks as people change them: registered, changed, stopped, started, deleted. Stopping by a rule is `settle.ts`. */
import { dialectRules } from '../domain/dialect/dialect.ts'
import { isIdOf } from '../domain/ids.ts'
import { laterOf } from '../domain/instant.ts'
import { checkOverrides, type PolicyOverrides } from '../domain/policy/policy.ts'
import { presetRules, type Preset } from '../domain/preset.ts'
import { ok, problem, refused, type Problem, type Result } from '../domain/problem.ts'
import { checkText, isProblem } from '../domain/text.ts'
import { checkSelections } from '../domain/topic.ts'
import { noConditions, policyOf, type Webhook } from '../domain/webhook.ts'
import { secretPlace } from './attempt.ts'
import { callOff } from './call-off.ts'
import { checkVersion, type MutationWorld } from './change-order.ts'
import { knownTopics } from './change-topic.ts'
import type { Secrets, Sender } from './ports.ts'
import type { ProjectTx } from './project-ports.ts'
import { transact } from './transact.ts'

export interface WebhookWorld extends MutationWorld {
  readonly sender: Sender
  readonly secrets: Secrets
  readonly projectId: string
  /** What Orderbell calls itself to receivers. */
  readonly publicUrl: string
}

/** Standard Webhooks asks for 24 to 64 random bytes. */
const secretBytes = 32
/** What a deletion calls off itself, in batches of a thousand. */
const maxCancelBatches = 20

export interface WebhookCreateInput {
  readonly name: string
  readonly url: string
  readonly topics: readonly string[]
  readonly preset: Preset
  readonly overrides: PolicyOverrides
}

/** A setting that is undefined stays as it is. */
export interface WebhookUpdateInput {
  readonly id: string
  readonly name: string | undefined
  readonly url: string | undefined
  readonly topics: readonly string[] | undefined
  readonly overrides: PolicyOverrides | undefined
  readonly expectedVersion: number | null
}

/** The webhook, and its secret in clear: it is shown now and never again. */
export async function createWebhook(
  world: WebhookWorld,
  input: WebhookCreateInput,
): Promise<Result<{ readonly webhook: Webhook; readonly secret: string | null }>> {
  const checked = checkSettings(world, input, await knownTopics(world.store))
  if (!checked.ok) return checked
  const id = world.chance.newId('webhook')
  const { dialect } = presetRules[input.preset]
  const form = dialectRules[dialect].secret
  const secret = form === null ? null : form.write(world.chance.randomBytes(secretBytes))
  const sealed = secret === null ? null : await world.secrets.seal(world.projectId, secretPlace(id), secret)
  const result = await transact<Webhook>(world.store, async (tx) => {
    const webhook: Webhook = {
      id,
      preset: input.preset,
      dialect,
      filters: noConditions,
      headers: [],
      maxConcurrency: null,
      ratePerSecond: null,
      hasSecret: secret !== null,
      hasToken: false,
      ...checked.value,
      disabled: null,
      consecutiveFailures: 0,
      version: 1,
      createdAt: tx.now,
      updatedAt: tx.now,
      deletedAt: null,
    }
    await tx.insertWebhook(webhook, { secrets: sealed === null ? [] : [sealed], token: null })
    return ok(webhook)
  })
  if (!result.ok) return result
  world.log.info({ webhookId: id, preset: input.preset, topics: input.topics }, 'webhook.created')
  return ok({ webhook: result.value, secret })
}

export async function updateWebhook(
  world: WebhookWorld,
  input: WebhookUpdateInput,
): Promise<Result<Webhook>> {
  const { id, expectedVersion, ...settings } = input
  if (Object.values(settings).every((value) => value === undefined))
    return refused(problem('REQUIRED', [], 'nothing to change: name at least one field besides id'))
  const known = await knownTopics(world.store)
  return changeWebhook(world, id, 'webhook.updated', (before) => {
    const stale = checkVersion(before, expectedVersion)
    if (stale !== null) return refused(stale)
    const wished = {
      preset: before.preset,
      name: settings.name ?? before.name,
      url: settings.url ?? before.url,
      topics: settings.topics ?? before.topics,
      overrides: settings.overrides ?? before.overrides,
    }
    const checked = checkSettings(world, wished, known)
    return checked.ok ? ok({ ...before, ...checked.value }) : checked
  })
}

/** What is pending is held until the webhook is enabled. One that is stopped already stays as it is. */
export function disableWebhook(world: WebhookWorld, id: string): Promise<Result<Webhook>> {
  return changeWebhook(world, id, 'webhook.disabled', (before, now) => {
    const message = 'Stopped by webhookDisable. What is pending is held; call webhookEnable to go on.'
    return ok(
      before.disabled !== null ? before : { ...before, disabled: { reason: 'REQUESTED', message, at: now } },
    )
  })
}

/** What was held is attempted as soon as it is due, and no old failure is held against the webhook. */
export async function enableWebhook(world: WebhookWorld, id: string): Promise<Result<Webhook>> {
  const result = await changeWebhook(world, id, 'webhook.enabled', async (before, _now, tx) => {
    if (before.disabled === null) return ok(before)
    await tx.resetHealth(id)
    return ok({ ...before, disabled: null, consecutiveFailures: 0 })
  })
  if (result.ok) world.wakes.wakeNow([id])
  return result
}

/** Its pending deliveries are cancelled: of a long backlog the first 20,000 here, the rest by the sweep. Deleting it again answers the same. */
export async function deleteWebhook(world: WebhookWorld, id: string): Promise<Result<string>> {
  const result = await transact<string>(world.store, async (tx) => {
    const webhook = isIdOf('webhook', id) ? await tx.lockWebhook(id) : null
    if (webhook === null) return refused(webhookNotFound())
    if (webhook.deletedAt === null)
      await tx.updateWebhook({
        ...webhook,
        version: webhook.version + 1,
        updatedAt: laterOf(tx.now, webhook.updatedAt),
        deletedAt: tx.now,
      })
    return ok(id)
  })
  if (!result.ok) return result
  world.log.info({ webhookId: id, cancelled: await callOffOwed(world, id) }, 'webhook.deleted')
  return result
}

// After the commit: nobody who changes an order has to wait for a backlog to be called off.
async function callOffOwed(world: WebhookWorld, id: string): Promise<number> {
  try {
    return await callOff((limit) => world.store.cancelOwed(id, limit), maxCancelBatches)
  } catch (error) {
    // The webhook is deleted all the same, and the sweep calls off what is left.
    world.log.warn({ webhookId: id, cause: error }, 'webhook.left-to-sweep')
    return 0
  }
}

export function webhookNotFound(): Problem {
  return problem('NOT_FOUND', ['id'], 'there is no such webhook in this project')
}

type Change = (before: Webhook, now: Date, tx: ProjectTx) => Result<Webhook> | Promise<Result<Webhook>>

/** Changes a webhook that is there; one that comes out the same is not written. */
async function changeWebhook(
  world: WebhookWorld,
  id: string,
  step: string,
  change: Change,
): Promise<Result<Webhook>> {
  const result = await transact<Webhook>(world.store, async (tx) => {
    const before = isIdOf('webhook', id) ? await tx.lockWebhook(id) : null
    if (before === null || before.deletedAt !== null) return refused(webhookNotFound())
    const changed = await change(before, tx.now, tx)
    if (!changed.ok || changed.value === before) return changed
    const after = {
      ...changed.value,
      version: before.version + 1,
      updatedAt: laterOf(tx.now, before.updatedAt),
    }
    await tx.updateWebhook(after)
    return ok(after)
  })
  if (result.ok) world.log.info({ webhookId: id, version: result.value.version }, step)
  return result
}

type Settings = Pick<Webhook, 'name' | 'url' | 'topics' | 'overrides'>

/** All that is wrong with a webhook's settings at once. */
function checkSettings(
  world: WebhookWorld,
  settings: Settings & { readonly preset: Preset },
  known: readonly string[],
): Result<Settings> {
  const name = checkText(settings.name, ['name'])
  const { httpsOnly } = policyOf(settings)
  const judged = world.sender.judgeUrl(settings.url, { httpsOnly }, ['url'])
  const problems = [
    ...(isProblem(name) ? [name] : []),
    ...(judged.ok ? [] : [judged.problem]),
    ...checkSelections(settings.topics, known, ['topics']),
    ...checkOverrides(settings.overrides, ['policy']),
  ]
  if (isProblem(name) || !judged.ok || problems.length > 0) return refused(...problems)
  return ok({ name, url: judged.url, topics: settings.topics, overrides: settings.overrides })
}
