/**
 * Foody Delivery (couriers): the body has five keys in the order of the document's example. The token that
 * authenticates the sender is in the body, so it is masked in the body that is stored.
 */
import type { OrderSnapshot } from '../orders/event.ts'
import type { DialectRules, RequestContext, RenderedRequest } from './dialect.ts'
import { mask } from '../shared/mask.ts'

interface Update {
  readonly uid: string
  /** RFC 3339 in UTC. */
  readonly updatedAt: string
  readonly event: string
  readonly state: string
}

/** The topics that are sent. The document shows one event name; that a new order is sent under it too is our choice. */
const carried: readonly string[] = ['order.created', 'order.state_changed']

export const foodyDialect: DialectRules = {
  secret: null,
  manySignatures: false,
  token: 'GENERATED',
  carries: (topic) => carried.includes(topic),
  shows: [],
  secretHeaders: [],
  render: (context) => {
    const order = JSON.parse(context.event.data) as OrderSnapshot
    return renderFoody(context, { ...order, event: 'order_status_updated' })
  },
  // "um payload de teste com o evento 'hook_test'". That the other keys are those of the example is our choice.
  renderTest: (context) => renderFoody(context, documentsExample),
}

const documentsExample: Update = {
  uid: '4228df3a-a54a-40d7-b30f-1385eca4c3dd',
  updatedAt: '2020-06-19T17:42:12Z',
  event: 'hook_test',
  state: 'DISPATCHED',
}

function renderFoody({ token, userAgent }: RequestContext, update: Update): RenderedRequest {
  return {
    // The body is rendered twice, not searched for the token: a short token may also occur in other values.
    body: bodyOf(update, token),
    shownBody: bodyOf(update, token === null ? null : mask),
    headers: [
      { name: 'content-type', value: 'application/json' },
      { name: 'user-agent', value: userAgent },
    ],
  }
}

function bodyOf({ uid, updatedAt, event, state }: Update, token: string | null): string {
  return JSON.stringify({
    uid,
    updateDate: toTheSecond(updatedAt),
    event,
    token,
    status: state.toLowerCase(),
  })
}

function toTheSecond(instant: string): string {
  return `${instant.slice(0, 'yyyy-mm-ddThh:mm:ss'.length)}Z`
}
