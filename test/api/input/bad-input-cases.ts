/** Invalid inputs of texts, orders and webhooks for `bad-input.test.ts`. */
import { missingId, type DocumentName, type Input } from '../support/fixtures.ts'

/** The objects that the inputs refer to. */
export interface CreatedObjects {
  readonly siteId: string
  /** An order that is READY, with a customer that is NEARBY. */
  readonly orderId: string
  /** An order that is COMPLETED, with a customer that is COMPLETED. */
  readonly finalId: string
  readonly webhookId: string
  /** The URL of the receiver. */
  readonly url: string
}

const long = 'a'.repeat(201)
const wait = { minMs: 1_000, maxMs: 1_000 }
const window = (startsAt: string, endsAt: string) => ({ pickupWindow: { startsAt, endsAt } })
const site = (input: Input) => ['SiteCreate', () => ({ name: 'Main Street', ...input })] as const
const order = (input: Input) =>
  ['OrderCreate', ({ siteId }: CreatedObjects) => ({ siteId, ...input })] as const
const update = (input: Input) =>
  ['OrderUpdate', ({ orderId }: CreatedObjects) => ({ orderId, ...input })] as const
const state = (input: Input) =>
  ['OrderStateChange', ({ orderId }: CreatedObjects) => ({ orderId, state: 'DELIVERED', ...input })] as const
const customer = (input: Input) =>
  [
    'CustomerStateChange',
    ({ orderId }: CreatedObjects) => ({ orderId, customerState: 'ARRIVED', ...input }),
  ] as const
const hook = (input: Input) =>
  [
    'WebhookCreate',
    ({ url }: CreatedObjects) => ({ name: 'POS', url, topics: ['order.*'], ...input }),
  ] as const
const policy = (rules: Input) => hook({ policy: rules })
const waits = (...members: readonly Input[]) => policy({ retry: { waits: members } })
const change = (input: Input) =>
  ['WebhookUpdate', ({ webhookId }: CreatedObjects) => ({ id: webhookId, ...input })] as const

/** What is invalid, the mutation with its input, and the expected code and field. */
type Case = readonly [
  string,
  readonly [DocumentName, (objects: CreatedObjects) => Input],
  string,
  readonly string[],
]

export const texts: readonly Case[] = [
  ['an empty name', site({ name: '' }), 'REQUIRED', ['name']],
  ['a name of spaces', site({ name: ' \u2003\u00a0 ' }), 'REQUIRED', ['name']],
  ['a name of 201 characters', site({ name: long }), 'TOO_LONG', ['name']],
  ['a name of 201 emoji', site({ name: '🍕'.repeat(201) }), 'TOO_LONG', ['name']],
  ['a name of 100 kB', site({ name: 'x'.repeat(100_000) }), 'TOO_LONG', ['name']],
  ['a name of control characters', site({ name: '\0\r\n\u001b' }), 'REQUIRED', ['name']],
  [
    'a partner identifier of 201 characters',
    site({ partnerIdentifier: long }),
    'TOO_LONG',
    ['partnerIdentifier'],
  ],
  ['an empty idempotency key', site({ idempotencyKey: '' }), 'REQUIRED', ['idempotencyKey']],
  ['an idempotency key of 256', site({ idempotencyKey: 'k'.repeat(256) }), 'TOO_LONG', ['idempotencyKey']],
  ['NUL in an idempotency key', site({ idempotencyKey: 'a\0b' }), 'INVALID', ['idempotencyKey']],
  ['an area name of 201 characters', order({ areaName: long }), 'TOO_LONG', ['areaName']],
  ["an empty customer's name", order({ customer: { name: '' } }), 'REQUIRED', ['customer', 'name']],
  [
    'a car type of 201 characters',
    order({ customer: { name: 'A', carType: long } }),
    'TOO_LONG',
    ['customer', 'carType'],
  ],
  ["a customer's name of tabs", order({ customer: { name: '\t' } }), 'REQUIRED', ['customer', 'name']],
  [
    'a partner identifier of 201 characters in an update',
    update({ partnerIdentifier: long }),
    'TOO_LONG',
    ['partnerIdentifier'],
  ],
]

export const orders: readonly Case[] = [
  ['a missing site', order({ siteId: missingId('sit') }), 'NOT_FOUND', ['siteId']],
  ['an order instead of a site', order({ siteId: missingId('ord') }), 'NOT_FOUND', ['siteId']],
  ['NUL in an id', order({ siteId: 'sit_\0' }), 'NOT_FOUND', ['siteId']],
  [
    'a pickup window that ends before it starts',
    order(window('2026-02-26T17:30:00Z', '2026-02-26T17:00:00Z')),
    'INVALID',
    ['pickupWindow', 'endsAt'],
  ],
  [
    'a pickup window of no length, in two time zones',
    update(window('2026-02-26T17:30:00Z', '2026-02-26T18:30:00+01:00')),
    'INVALID',
    ['pickupWindow', 'endsAt'],
  ],
  ['a missing order', state({ orderId: missingId('ord') }), 'NOT_FOUND', ['orderId']],
  ['a state change backwards', state({ state: 'ACCEPTED' }), 'ILLEGAL_TRANSITION', ['state']],
  ['a state change to the present state', state({ state: 'READY' }), 'ILLEGAL_TRANSITION', ['state']],
  ['a state change out of COMPLETED', [...finalOrder('CANCELLED')], 'ILLEGAL_TRANSITION', ['state']],
  [
    'a stale version in a state change',
    state({ expectedVersion: 1 }),
    'VERSION_CONFLICT',
    ['expectedVersion'],
  ],
  ['a future version', state({ expectedVersion: 99 }), 'VERSION_CONFLICT', ['expectedVersion']],
  ['a negative version', state({ expectedVersion: -1 }), 'VERSION_CONFLICT', ['expectedVersion']],
  [
    'a stale version and an illegal state change',
    state({ state: 'CREATED', expectedVersion: 1 }),
    'VERSION_CONFLICT',
    ['expectedVersion'],
  ],
  [
    'a customer state change back to CREATED',
    customer({ customerState: 'CREATED' }),
    'ILLEGAL_TRANSITION',
    ['customerState'],
  ],
  [
    'a customer state change to the present state',
    customer({ customerState: 'NEARBY' }),
    'ILLEGAL_TRANSITION',
    ['customerState'],
  ],
  ['a customer state change out of COMPLETED', [...finalCustomer()], 'ILLEGAL_TRANSITION', ['customerState']],
  [
    'a stale version in a customer state change',
    customer({ expectedVersion: 1 }),
    'VERSION_CONFLICT',
    ['expectedVersion'],
  ],
  ['an update without a change', update({}), 'REQUIRED', []],
  [
    'an update with only a version and an idempotency key',
    update({ expectedVersion: 3, idempotencyKey: 'k' }),
    'REQUIRED',
    [],
  ],
  [
    'a stale version in an update',
    update({ etaAt: null, expectedVersion: 1 }),
    'VERSION_CONFLICT',
    ['expectedVersion'],
  ],
]

export const webhooks: readonly Case[] = [
  ['an empty name', hook({ name: '' }), 'REQUIRED', ['name']],
  ['no topic', hook({ topics: [] }), 'REQUIRED', ['topics']],
  ['an unknown topic', hook({ topics: ['order.*', 'order.eaten'] }), 'UNKNOWN_TOPIC', ['topics', '1']],
  ['a topic in another case', hook({ topics: ['Order.created'] }), 'UNKNOWN_TOPIC', ['topics', '0']],
  ['a topic with a space within', hook({ topics: ['order. created'] }), 'UNKNOWN_TOPIC', ['topics', '0']],
  ['an empty topic', hook({ topics: [''] }), 'UNKNOWN_TOPIC', ['topics', '0']],
  ['a lone star', hook({ topics: ['*'] }), 'UNKNOWN_TOPIC', ['topics', '0']],
  ['two stars', hook({ topics: ['*.*'] }), 'UNKNOWN_TOPIC', ['topics', '0']],
  ['a dot and a star', hook({ topics: ['.*'] }), 'UNKNOWN_TOPIC', ['topics', '0']],
  ['a star within a name', hook({ topics: ['order.state_*'] }), 'UNKNOWN_TOPIC', ['topics', '0']],
  ['an unknown resource', hook({ topics: ['dragon.*'] }), 'UNKNOWN_TOPIC', ['topics', '0']],
  ['NUL in a topic', hook({ topics: ['order.\0*'] }), 'UNKNOWN_TOPIC', ['topics', '0']],
  ['a repeated topic', hook({ topics: ['order.*', 'order.*'] }), 'INVALID', ['topics', '1']],
  ['1,000 topics', hook({ topics: Array(1_000).fill('order.*') }), 'TOO_MANY', ['topics']],
  ['a time limit of 999 ms', policy({ timeoutMs: 999 }), 'INVALID', ['policy', 'timeoutMs']],
  ['a time limit of 30,001 ms', policy({ timeoutMs: 30_001 }), 'INVALID', ['policy', 'timeoutMs']],
  ['a time limit of 0 ms', policy({ timeoutMs: 0 }), 'INVALID', ['policy', 'timeoutMs']],
  ['a negative time limit', policy({ timeoutMs: -15_000 }), 'INVALID', ['policy', 'timeoutMs']],
  [
    'a wait of 0 ms',
    waits({ minMs: 0, maxMs: 1_000 }),
    'INVALID',
    ['policy', 'retry', 'waits', '0', 'minMs'],
  ],
  [
    'a negative wait',
    waits({ minMs: -1, maxMs: 1_000 }),
    'INVALID',
    ['policy', 'retry', 'waits', '0', 'minMs'],
  ],
  [
    'a wait whose maxMs is below its minMs',
    waits(wait, { minMs: 2_000, maxMs: 1_999 }),
    'INVALID',
    ['policy', 'retry', 'waits', '1', 'maxMs'],
  ],
  [
    'a wait of 1,000,000,000 ms',
    waits({ minMs: 1_000, maxMs: 1_000_000_000 }),
    'INVALID',
    ['policy', 'retry', 'waits', '0', 'maxMs'],
  ],
  ['21 waits', waits(...Array<Input>(21).fill(wait)), 'TOO_MANY', ['policy', 'retry', 'waits']],
  [
    'a window of 0 ms',
    policy({ retry: { waits: [wait], windowMs: 0 } }),
    'INVALID',
    ['policy', 'retry', 'windowMs'],
  ],
  [
    'a window of eight days',
    policy({ retry: { waits: [wait], windowMs: 691_200_000 } }),
    'INVALID',
    ['policy', 'retry', 'windowMs'],
  ],
  [
    'a window with no wait to repeat',
    policy({ retry: { waits: [], windowMs: 5_000 } }),
    'INVALID',
    ['policy', 'retry', 'windowMs'],
  ],
  ['an update of a missing webhook', change({ id: missingId('whk'), name: 'x' }), 'NOT_FOUND', ['id']],
  ['an update without a change', change({}), 'REQUIRED', []],
  ['an update with only nulls', change({ name: null, url: null, topics: null }), 'REQUIRED', []],
  ['a stale version', change({ name: 'x', expectedVersion: 7 }), 'VERSION_CONFLICT', ['expectedVersion']],
  ['an update to an empty name', change({ name: ' ' }), 'REQUIRED', ['name']],
  ['an update to no topic', change({ topics: [] }), 'REQUIRED', ['topics']],
  ['an update to a bad URL', change({ url: 'nowhere' }), 'URL_INVALID', ['url']],
  ['an update to a bad policy', change({ policy: { timeoutMs: 1 } }), 'INVALID', ['policy', 'timeoutMs']],
  [
    'webhookDisable of a missing webhook',
    ['WebhookDisable', () => ({ id: missingId('whk') })],
    'NOT_FOUND',
    ['id'],
  ],
  [
    'webhookPause of a missing webhook',
    ['WebhookPause', () => ({ id: missingId('whk') })],
    'NOT_FOUND',
    ['id'],
  ],
  ['webhookResume of the id whk_', ['WebhookResume', () => ({ id: 'whk_' })], 'NOT_FOUND', ['id']],
  ['webhookEnable of the id whk_', ['WebhookEnable', () => ({ id: 'whk_' })], 'NOT_FOUND', ['id']],
  [
    "webhookDelete of an order's id",
    ['WebhookDelete', ({ orderId }) => ({ id: orderId })],
    'NOT_FOUND',
    ['id'],
  ],
  ['webhookTest of an empty id', ['WebhookTest', () => ({ id: '' })], 'NOT_FOUND', ['id']],
]

function finalOrder(to: string) {
  return ['OrderStateChange', ({ finalId }: CreatedObjects) => ({ orderId: finalId, state: to })] as const
}
function finalCustomer() {
  return [
    'CustomerStateChange',
    ({ finalId }: CreatedObjects) => ({ orderId: finalId, customerState: 'WAITING' }),
  ] as const
}
