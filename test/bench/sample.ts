/** The request that every part of a bench sends, with a body of the size of a usual order. */
import { standardDialect } from '../../src/domain/dialects/standard.ts'

export const topic = 'order.state_changed'

export const data = JSON.stringify({
  number: 187,
  state: 'ACCEPTED',
  customer: { name: 'Brian Johnson' },
  note: 'x'.repeat(500),
})

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
