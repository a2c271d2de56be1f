/** The request that every part of a bench sends, with the data of an event of 1 KB. */
import { standardDialect } from '../../../src/domain/dialects/standard.ts'

export const topic = 'order.state_changed'

/** The size of the data of an event, in bytes. */
const dataBytes = 1_024
const order = { number: 187, state: 'ACCEPTED', customer: { name: 'Brian Johnson' }, note: '' }

export const data = JSON.stringify({ ...order, note: 'x'.repeat(dataBytes - JSON.stringify(order).length) })

/** The request as the dispatcher renders it, including the signature. */
export function sampleRequest() {
  const at = new Date()
  return standardDialect.render({
    webhookId: 'whk_01kabcdefghjkmnpqrstvwxyz0',
    deliveryId: 'dlv_01kabcdefghjkmnpqrstvwxyz0',
    requestId: 'att_01kabcdefghjkmnpqrstvwxyz0',
    token: null,
    publicUrl: 'https://orderbell.example/',
    userAgent: 'Orderbell/1.2.3 (Webhooks/1.0.0)',
    event: {
      id: 'evt_01kabcdefghjkmnpqrstvwxyz0',
      topic,
      orderId: null,
      sequence: null,
      data,
      createdAt: at,
    },
    at,
    secrets: [`whsec_${Buffer.alloc(32, 1).toString('base64')}`],
  })
}
