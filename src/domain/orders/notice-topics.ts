/** The descriptions, schemas and examples of the topics of notices (`domain/webhooks/notices.ts`). */
import type { NoticeTopic } from './topic.ts'

interface NoticeDescription {
  readonly description: string
  /** The properties beside `webhook` and `at`. */
  readonly properties: Readonly<Record<string, object>>
  readonly example: Readonly<Record<string, unknown>>
}

const text = { type: 'string' }
const count = { type: 'integer', minimum: 1 }
const optionalText = { type: ['string', 'null'] }

const notices: Readonly<Record<NoticeTopic, NoticeDescription>> = {
  'webhook.failing': {
    description:
      'A scheduled attempt of a webhook failed, the first of a run of failures; at most once a minute per webhook.',
    properties: { message: text },
    example: {
      message:
        'An attempt failed: the receiver answered 503. No success since 2026-02-26T17:55:20.442Z; a failure from 2026-03-03T17:55:20.442Z on (5 days) disables it.',
    },
  },
  'webhook.disabled': {
    description: 'A webhook was disabled, by a rule or on request.',
    properties: { reason: text, message: text },
    example: { reason: 'GONE', message: 'The receiver answered 410 Gone, which ends the webhook.' },
  },
  'webhook.enabled': {
    description: 'A disabled webhook was enabled.',
    properties: { message: text },
    example: {
      message:
        'Enabled on request: held deliveries are attempted when they are due, and earlier failures do not count. Deliveries that were skipped while the webhook was disabled stay skipped.',
    },
  },
  'delivery.exhausted': {
    description:
      'Deliveries of a webhook ended without success after their last attempt. One event for all that ended at the same time.',
    properties: {
      count,
      deliveries: {
        type: 'array',
        maxItems: 100,
        items: {
          type: 'object',
          required: ['id', 'topic', 'orderId', 'attemptCount', 'outcome', 'statusCode'],
          properties: {
            id: text,
            topic: text,
            orderId: optionalText,
            attemptCount: count,
            outcome: text,
            statusCode: { type: ['integer', 'null'] },
          },
        },
      },
    },
    example: {
      count: 1,
      deliveries: [
        {
          id: 'dlv_01kjd3s5x0f3r8qz6v2m4n7b9k',
          topic: 'order.created',
          orderId: 'ord_01kjd3s5x0f3r8qz6v2m4n7b9e',
          attemptCount: 10,
          outcome: 'HTTP_ERROR',
          statusCode: 503,
        },
      ],
    },
  },
}

const webhook = {
  type: 'object',
  required: ['id', 'name', 'preset', 'partnerId'],
  properties: { id: text, name: text, preset: text, partnerId: optionalText },
}

const exampleOfAll = {
  webhook: {
    id: 'whk_01kjd3s5x0f3r8qz6v2m4n7b9h',
    name: 'Point of sale',
    preset: 'STANDARD',
    partnerId: null,
  },
  at: '2026-02-26T17:55:20.442Z',
}

/** Returns the definition of a notice's topic. */
export function noticeTopic(topic: NoticeTopic): {
  readonly description: string
  readonly schema: object
  readonly example: object
} {
  const { description, properties, example } = notices[topic]
  const all = { webhook, at: { ...text, format: 'date-time' }, ...properties }
  return {
    description,
    schema: { type: 'object', required: Object.keys(all), properties: all },
    example: { ...exampleOfAll, ...example },
  }
}
