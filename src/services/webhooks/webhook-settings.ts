/**
 * Validates a webhook's settings as far as possible without a request to the receiver, and encrypts custom headers that
 * may be credentials.
 */
import { checkWhole } from '../../domain/shared/bounds.ts'
import { checkHeaders, isCredential } from '../../domain/webhooks/custom-headers.ts'
import { mask } from '../../domain/shared/mask.ts'
import { isIdOf } from '../../domain/shared/ids.ts'
import type { Header } from '../../domain/deliveries/outcome.ts'
import { checkOverrides } from '../../domain/policies/policy.ts'
import { problem, type Problem } from '../../domain/shared/problem.ts'
import { checkText, isProblem, withoutSpaceAround } from '../../domain/shared/text.ts'
import { checkSelections } from '../../domain/orders/topic.ts'
import {
  checkConditions,
  expireAfterBounds,
  maxMaxConcurrency,
  maxMembers,
  maxRatePerSecond,
  maxWebhooks,
} from '../../domain/webhooks/webhook-settings.ts'
import {
  policyOf,
  type CustomHeader,
  type OrderConditions,
  type Webhook,
} from '../../domain/webhooks/webhook.ts'
import type { WebhookDeps } from './enable-disable-delete.ts'
import type { ProjectTx } from '../../db/tenant/transaction.ts'
import { dialectRules } from '../../domain/dialects/registry.ts'
import { headerAad } from '../../dispatch/credentials.ts'

/** Settings that contain no secrets. */
export type Settings = Pick<
  Webhook,
  | 'name'
  | 'url'
  | 'topics'
  | 'filters'
  | 'overrides'
  | 'maxConcurrency'
  | 'ratePerSecond'
  | 'ordering'
  | 'expireAfterMs'
>

/** The settings in canonical form, and all problems of them. */
export interface CheckedSettings {
  readonly settings: Settings
  readonly problems: readonly Problem[]
}

/** `topics` are the names of the project's topics, including the built-in topics. */
export function checkSettings(
  deps: Pick<WebhookDeps, 'sender'>,
  settings: Settings & Pick<Webhook, 'preset' | 'dialect'>,
  topics: readonly string[],
): CheckedSettings {
  const { preset: _, dialect, ...given } = settings
  const trimmed = {
    ...given,
    url: withoutSpaceAround(given.url),
    topics: given.topics.map(withoutSpaceAround),
  }
  const name = checkText(trimmed.name, ['name'])
  const { httpsOnly } = policyOf(settings)
  const checked = deps.sender.checkUrl(trimmed.url, { httpsOnly }, ['url'])
  const carriedTopics = topics.filter((topic) => dialectRules[dialect].carries(topic))
  return {
    settings: {
      ...trimmed,
      name: isProblem(name) ? trimmed.name : name,
      url: checked.ok ? checked.url : trimmed.url,
    },
    problems: [
      ...(isProblem(name) ? [name] : []),
      ...(checked.ok ? [] : [checked.problem]),
      // A selection that only matches topics for which the dialect has no form would never match a delivery.
      ...checkSelections(trimmed.topics, carriedTopics, ['topics']),
      ...checkConditions(trimmed.filters, ['filters']),
      ...checkOverrides(trimmed.overrides, ['policy']),
      ...checkWhole(trimmed.maxConcurrency, { min: 1, max: maxMaxConcurrency }, ['maxConcurrency']),
      ...checkWhole(trimmed.ratePerSecond, { min: 1, max: maxRatePerSecond }, ['ratePerSecond']),
      ...checkWhole(trimmed.expireAfterMs, expireAfterBounds, ['expireAfterMs']),
    ],
  }
}

/** The partner that owns the webhook, null for the platform, and the problems of the input. */
export interface Ownership {
  readonly partnerId: string | null
  readonly problems: readonly Problem[]
}

/**
 * The owner of a new webhook. A PLATFORM key may name any partner of the project. A PARTNER key can name only its own
 * partner, because its store returns no other. `requested` null: the caller's partner, or the platform.
 */
export async function ownership(
  { store, partnerId: callerPartnerId }: Pick<WebhookDeps, 'store' | 'partnerId'>,
  requested: string | null,
): Promise<Ownership> {
  if (requested === null) return { partnerId: callerPartnerId, problems: [] }
  const [partner] = isIdOf('partner', requested) ? await store.partnersByIds([requested]) : []
  if (partner?.deletedAt === null) return { partnerId: requested, problems: [] }
  return { partnerId: callerPartnerId, problems: [ownerNotFound()] }
}

/**
 * NOT_FOUND when the owner was deleted after `ownership` had found it. Call it with the lock of the project's webhooks,
 * which `partnerDelete` takes too.
 */
export async function checkOwner(
  tx: ProjectTx,
  { partnerId }: Pick<Webhook, 'partnerId'>,
): Promise<readonly Problem[]> {
  return partnerId === null || (await tx.partnerById(partnerId)) !== null ? [] : [ownerNotFound()]
}

function ownerNotFound(): Problem {
  return problem('NOT_FOUND', ['partnerId'], 'there is no such partner in this project')
}

/** The owner of a webhook after an update. `requested` undefined keeps the owner. A PARTNER key cannot change it. */
export async function changedOwnership(
  deps: Pick<WebhookDeps, 'store' | 'partnerId'>,
  before: Pick<Webhook, 'partnerId'>,
  requested: string | null | undefined,
): Promise<Ownership> {
  if (requested === undefined) return { partnerId: before.partnerId, problems: [] }
  if (requested === null && deps.partnerId !== null)
    return {
      partnerId: before.partnerId,
      problems: [
        problem('INVALID', ['partnerId'], 'a partner cannot give its webhook away: leave partnerId out'),
      ],
    }
  return ownership(deps, requested)
}

/**
 * NOT_FOUND for each site of the conditions that does not exist, with its index. More than `maxMembers` sites are not
 * looked up, because `checkConditions` refuses them.
 */
export async function checkSites(tx: ProjectTx, { siteIds }: OrderConditions): Promise<readonly Problem[]> {
  if (siteIds.length > maxMembers) return []
  const named = siteIds.filter((id) => isIdOf('site', id))
  const known = new Set(named.length === 0 ? [] : await tx.knownSites(named))
  return siteIds.flatMap((id, index) =>
    known.has(id)
      ? []
      : [
          problem(
            'NOT_FOUND',
            ['filters', 'siteIds', String(index)],
            'there is no such site in this project',
          ),
        ],
  )
}

/**
 * LIMIT_REACHED when the project cannot have one more webhook of the preset. No webhook is added to or removed from the
 * project until the transaction ends.
 */
export async function checkWebhookLimit(
  tx: ProjectTx,
  { preset }: Pick<Webhook, 'preset'>,
): Promise<readonly Problem[]> {
  const counts = await tx.countWebhooks()
  const problems: Problem[] = []
  // FlyBuy's document: "There is a single webhook that can be configured per project."
  if (preset === 'FLYBUY' && counts.FLYBUY > 0)
    problems.push(
      problem(
        'LIMIT_REACHED',
        ['preset'],
        'a project can have one FLYBUY webhook, and this project already has one',
      ),
    )
  if (counts.all >= maxWebhooks)
    problems.push(
      problem('LIMIT_REACHED', [], `the project has ${counts.all} webhooks; the maximum is ${maxWebhooks}`),
    )
  return problems
}

/** A header as it is stored, or a header whose stored value does not change. */
export type PreparedHeader = CustomHeader | { readonly name: string; readonly stays: true }

/**
 * Validates headers and encrypts the values that may be credentials. A credential with the value `[masked]` keeps its
 * stored value.
 */
export async function prepareHeaders(
  deps: Pick<WebhookDeps, 'secrets' | 'projectId'>,
  { id, dialect }: Pick<Webhook, 'id' | 'dialect'>,
  given: readonly Header[],
): Promise<{ readonly headers: readonly PreparedHeader[]; readonly problems: readonly Problem[] }> {
  const problems = checkHeaders(given, dialect, ['headers'])
  if (problems.length > 0) return { headers: [], problems }
  const headers = given.map(async ({ name, value }): Promise<PreparedHeader> => {
    if (!isCredential(name)) return { name, value }
    if (value === mask) return { name, stays: true }
    const sealedValue = await deps.secrets.encrypt(deps.projectId, headerAad(id, name), value)
    return { name, sealedValue }
  })
  return { headers: await Promise.all(headers), problems: [] }
}

/** Replaces the headers `set` by the prepared ones. INVALID for a header that keeps its value and has none in `set`. */
export function overHeaders(
  prepared: readonly PreparedHeader[],
  set: readonly CustomHeader[],
): { readonly headers: readonly CustomHeader[]; readonly problems: readonly Problem[] } {
  const headers: CustomHeader[] = []
  const problems: Problem[] = []
  for (const [index, header] of prepared.entries()) {
    if (!('stays' in header)) {
      headers.push(header)
      continue
    }
    const before = set.find(({ name }) => name.toLowerCase() === header.name.toLowerCase())
    // The ciphertext is bound to the name in lower case, so the case of the name may change.
    if (before !== undefined) headers.push({ ...before, name: header.name })
    else
      problems.push(
        problem(
          'INVALID',
          ['headers', String(index), 'value'],
          `${mask} keeps the present value, and the webhook has no such header`,
        ),
      )
  }
  return { headers, problems }
}
