/**
 * Notices: events about webhooks and their deliveries, for the receivers of the project's owners. A notice is never sent to
 * the webhook that it is about. The attempts of a notice's own deliveries cause no `webhook.failing` and no
 * `delivery.exhausted`, so that two webhooks that watch each other do not notify each other without end: they can only
 * disable each other, once.
 */
import type { Event } from '../orders/event.ts'
import type { NoticeTopic } from '../orders/topic.ts'
import type { Preset } from './preset.ts'
import { wants, type Subscriber } from './webhook.ts'

/** Deliveries that one `delivery.exhausted` names. Its `count` is the number of all. */
export const maxNamedDeliveries = 100

/** What a notice says. */
export interface NoticeFact {
  readonly projectId: string
  /** The webhook that the notice is about. */
  readonly webhookId: string
  readonly topic: NoticeTopic
  /** The members of the data beside `webhook` and `at`. */
  readonly details: Readonly<Record<string, unknown>>
}

/** A delivery that has ended EXHAUSTED. */
export interface ExhaustedDelivery {
  readonly id: string
  readonly topic: string
  readonly orderId: string | null
  readonly attemptCount: number
  readonly outcome: string
  readonly statusCode: number | null
}

/** The webhook that a notice is about. Neither its URL nor its headers, which can contain secrets. */
export interface NoticeSubject {
  readonly id: string
  readonly name: string
  readonly preset: Preset
  readonly partnerId: string | null
}

/** A webhook that selects notices. */
export interface Watcher extends Subscriber {
  readonly projectId: string
  readonly partnerId: string | null
}

/** A notice and the webhooks that receive it. */
export interface Notice {
  readonly projectId: string
  readonly event: Event
  readonly watchers: readonly Watcher[]
}

/**
 * Returns one fact for all deliveries of a webhook that ended in the same transaction, so that a receiver that is down for
 * days does not cause a notice for each of its deliveries.
 */
export function exhaustedFact(
  projectId: string,
  webhookId: string,
  deliveries: readonly ExhaustedDelivery[],
): NoticeFact {
  const details = { count: deliveries.length, deliveries: deliveries.slice(0, maxNamedDeliveries) }
  return { projectId, webhookId, topic: 'delivery.exhausted', details }
}

/** Returns the notices that a webhook receives. A fact that no webhook watches makes no event. */
export function noticesOf(
  facts: readonly NoticeFact[],
  subjects: readonly NoticeSubject[],
  watchers: readonly Watcher[],
  now: Date,
  newId: (kind: 'event') => string,
): readonly Notice[] {
  return facts.flatMap((fact) => {
    const subject = subjects.find(({ id }) => id === fact.webhookId)
    if (subject === undefined) return []
    const receiving = watchers.filter((watcher) => watches(watcher, fact, subject))
    if (receiving.length === 0) return []
    const data = JSON.stringify({ webhook: subject, at: now.toISOString(), ...fact.details })
    const event = { topic: fact.topic, orderId: null, sequence: null, data, createdAt: now }
    return [{ projectId: fact.projectId, event: { id: newId('event'), ...event }, watchers: receiving }]
  })
}

/** A partner's webhook watches only the webhooks of the same partner. */
function watches(watcher: Watcher, fact: NoticeFact, subject: NoticeSubject): boolean {
  return (
    watcher.projectId === fact.projectId &&
    watcher.id !== subject.id &&
    (watcher.partnerId === null || watcher.partnerId === subject.partnerId) &&
    wants(watcher, fact, null)
  )
}
