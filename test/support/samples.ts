/** Builders of domain values with defaults. A test sets only the fields that matter to it. */
import type { Attempt } from '../../src/domain/deliveries/delivery.ts'
import type { RequestContext } from '../../src/domain/dialects/dialect.ts'
import type { Event } from '../../src/domain/orders/event.ts'
import type { Customer, Order, Site } from '../../src/domain/orders/order.ts'
import type { Answer } from '../../src/domain/deliveries/outcome.ts'
import { noConditions, type Webhook } from '../../src/domain/webhooks/webhook.ts'

/** The time at which the samples were created. */
export const noon = new Date('2026-02-26T12:00:00.000Z')
export const later = (ms: number): Date => new Date(noon.getTime() + ms)

export const secondMs = 1_000
export const minuteMs = 60 * secondMs
export const hourMs = 60 * minuteMs
export const dayMs = 24 * hourMs

/** An id with the prefix. Ids with different digits are different. */
export const buildId = (prefix: string, digit = 0): string => `${prefix}_01kjd3s5x0f3r8qz6v2m4n7b9${digit}`

export function buildOrder(fields: Partial<Order> = {}): Order {
  return {
    id: buildId('ord'),
    number: 187,
    uid: '4228df3a-a54a-40d7-b30f-1385eca4c3dd',
    state: 'CREATED',
    customerState: 'CREATED',
    version: 1,
    sequence: 1,
    siteId: buildId('sit'),
    customerId: buildId('cus'),
    partnerIdentifier: null,
    redemptionCode: null,
    areaName: null,
    source: null,
    pickupWindow: null,
    etaAt: null,
    arrivedAt: null,
    arrivingSent: [],
    createdAt: noon,
    updatedAt: noon,
    deletedAt: null,
    ...fields,
  }
}

export function buildSite(fields: Partial<Site> = {}): Site {
  const made = { createdAt: noon, updatedAt: noon }
  return {
    id: buildId('sit'),
    number: 43,
    name: 'Main Street',
    partnerIdentifier: 'S-43',
    ...made,
    ...fields,
  }
}

export function buildCustomer(fields: Partial<Customer> = {}): Customer {
  return {
    id: buildId('cus'),
    number: 135,
    name: 'Brian Johnson',
    carType: 'Ford Fiesta',
    carColor: 'Red',
    licensePlate: 'KLW-9104',
    marketing: { email: false, sms: false },
    createdAt: noon,
    updatedAt: noon,
    ...fields,
  }
}

export function buildEvent(fields: Partial<Event> = {}): Event {
  return {
    id: buildId('evt'),
    topic: 'order.state_changed',
    orderId: buildId('ord'),
    sequence: 2,
    data: '{"number":187}',
    createdAt: noon,
    ...fields,
  }
}

export function buildWebhook(fields: Partial<Webhook> = {}): Webhook {
  return {
    id: buildId('whk'),
    partnerId: null,
    name: 'till',
    url: 'https://till.example/',
    topics: ['order.*'],
    filters: noConditions,
    preset: 'STANDARD',
    dialect: 'STANDARD',
    overrides: {},
    headers: [],
    maxConcurrency: null,
    ratePerSecond: null,
    ordering: 'NONE',
    expireAfterMs: null,
    hasSecret: true,
    previousSecretUntil: null,
    hasToken: false,
    disabled: null,
    pause: null,
    earlierPauses: [],
    consecutiveFailures: 0,
    version: 1,
    createdAt: noon,
    updatedAt: noon,
    deletedAt: null,
    ...fields,
  }
}

/** A fixed version, so that the golden files do not change with each release. */
export const sampleUserAgent = 'Orderbell/1.2.3 (Webhooks/1.0.0)'

/** The input from which a request is rendered. The request is unsigned unless the test sets secrets. */
export function buildRequestContext(fields: Partial<RequestContext> = {}): RequestContext {
  return {
    webhookId: buildId('whk'),
    deliveryId: buildId('dlv'),
    requestId: buildId('att'),
    event: buildEvent(),
    at: noon,
    secrets: [],
    token: null,
    publicUrl: 'https://orderbell.example/',
    userAgent: sampleUserAgent,
    ...fields,
  }
}

export function buildAttempt(fields: Partial<Attempt> = {}): Attempt {
  return {
    id: buildId('att'),
    position: 1,
    deliveryId: buildId('dlv'),
    webhookId: buildId('whk'),
    orderId: buildId('ord'),
    topic: 'order.state_changed',
    number: 1,
    trigger: 'SCHEDULE',
    outcome: 'SUCCEEDED',
    detail: null,
    statusCode: 200,
    startedAt: noon,
    durationMs: 12,
    phases: { dnsMs: 1, connectMs: 2, tlsMs: 4, firstByteMs: 9 },
    resolvedAddress: '203.0.113.7',
    resentOnNewConnection: false,
    nextStep: 'NONE',
    nextStepReason: 'the receiver accepted the request',
    nextAttemptAt: null,
    ...fields,
  }
}

/** The answer of a receiver with this status. */
export function answered(status: number, retryAfter: string | null = null): Answer {
  return { kind: 'ANSWERED', status, retryAfter }
}

/** The outcomes without a response, except interruptions by this process. */
export const noAnswers = [
  'TIMED_OUT',
  'DNS_FAILED',
  'CONNECTION_FAILED',
  'TLS_FAILED',
  'PROTOCOL_ERROR',
  'BLOCKED',
] as const

export const interrupted: Answer = { kind: 'INTERRUPTED', detail: 'we stopped' }
