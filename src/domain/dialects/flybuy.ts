/**
 * FlyBuy (curbside pickup): the body is the order as one flat object, its 21 keys in the order of the document's
 * example. Requests have an `Authorization` header only when the webhook has a token.
 */
import type { OrderSnapshot } from '../orders/event.ts'
import { orderParts } from '../orders/order-fields.ts'
import { isOrderTopic } from '../orders/topic.ts'
import type { DialectRules, RequestContext, RenderedRequest } from './dialect.ts'

export const flybuyDialect: DialectRules = {
  secret: null,
  manySignatures: false,
  token: 'OPTIONAL',
  // "any time an event occurs for an order". Events of custom topics have no order.
  carries: isOrderTopic,
  // The document's body has no field for a deletion: a receiver would read it as an update and keep the order.
  onlyByName: ['order.deleted'],
  // The body has no field for the site's name or the order's source.
  shows: orderParts.filter((part) => part !== 'siteName' && part !== 'source'),
  secretHeaders: ['authorization'],
  render: (context) => renderFlybuy(context, JSON.parse(context.event.data) as OrderSnapshot),
  // "Press the Send to deliver an example payload": the payload of the document.
  renderTest: (context) => renderFlybuy(context, documentsExample),
}

function renderFlybuy({ token, userAgent }: RequestContext, order: OrderSnapshot): RenderedRequest {
  const proof = token === null ? [] : [{ name: 'Authorization', value: `Token token="${token}"` }]
  return {
    body: JSON.stringify({ data: flatten(order) }),
    headers: [
      { name: 'Accept', value: 'application/json' },
      { name: 'Content-Type', value: 'application/json' },
      ...proof,
      { name: 'User-Agent', value: userAgent },
    ],
  }
}

// Null and '' are not converted: the document's example has both.
function flatten(order: OrderSnapshot) {
  const { site, customer, pickupWindow } = order
  return {
    type: 'order',
    id: order.number,
    arrived_at: order.arrivedAt,
    customer_state: order.customerState.toLowerCase(),
    eta_at: order.etaAt,
    partner_identifier: order.partnerIdentifier,
    state: order.state.toLowerCase(),
    redemption_code: order.redemptionCode,
    created_at: order.createdAt,
    updated_at: order.updatedAt,
    area_name: order.areaName,
    customer_id: customer?.number ?? null,
    site_id: site.number,
    site_partner_identifier: site.partnerIdentifier,
    customer_name: customer?.name ?? null,
    customer_car_type: customer?.carType ?? null,
    customer_car_color: customer?.carColor ?? null,
    customer_license_plate: customer?.licensePlate ?? null,
    // An ISO 8601 interval is our choice: the document shows only null.
    pickup_window: pickupWindow && `${pickupWindow.startsAt}/${pickupWindow.endsAt}`,
    customer_state_changed: order.customerStateChanged,
    state_changed: order.stateChanged,
  }
}

const documentsExample: OrderSnapshot = {
  id: 'ord_01d4mkxjdxf9prhpnvwm32vr8t',
  number: 187,
  uid: '4228df3a-a54a-40d7-b30f-1385eca4c3dd',
  version: 1,
  sequence: 1,
  state: 'COMPLETED',
  customerState: 'NEARBY',
  stateChanged: false,
  customerStateChanged: false,
  partnerIdentifier: '24667',
  redemptionCode: 'NNSE9J',
  areaName: null,
  pickupWindow: null,
  etaAt: '2019-02-26T17:15:33.645Z',
  arrivedAt: null,
  createdAt: '2019-02-26T17:14:50.941Z',
  updatedAt: '2019-02-26T17:55:20.442Z',
  site: { id: 'sit_01d4mkxjdxf9prhpnvwm32vr8s', number: 43, name: 'Main Street', partnerIdentifier: '' },
  customer: {
    id: 'cus_01d4mkxjdxf9prhpnvwm32vr8r',
    number: 135,
    name: 'Brian Johnson',
    carType: 'Ford Fiesta',
    carColor: 'Red',
    licensePlate: 'KLW-9104',
  },
}
