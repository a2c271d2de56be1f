/** The demo's script: creates one site and four orders, and changes the orders step by step. */
import type { DemoClient } from './client.ts'

interface Guest {
  readonly name: string
  readonly carType: string
  readonly carColor: string
  readonly licensePlate: string
}

const guests: readonly Guest[] = [
  { name: 'Brian Johnson', carType: 'Ford Fiesta', carColor: 'Red', licensePlate: 'KLW-9104' },
  { name: 'Ana Sousa', carType: 'Fiat 500', carColor: 'Mint', licensePlate: '22-AB-41' },
  { name: 'Tom Berg', carType: 'VW Golf', carColor: 'Grey', licensePlate: 'B-TB 88' },
  { name: 'Mei Lin', carType: 'Honda Jazz', carColor: 'Blue', licensePlate: 'HJ-7730' },
]

type Step = readonly ['state' | 'customer', string] | readonly ['eta', number]

const curbside: readonly Step[] = [
  ['state', 'ACCEPTED'],
  ['eta', 12],
  ['customer', 'EN_ROUTE'],
  ['state', 'PREPARING'],
  ['customer', 'NEARBY'],
  ['state', 'READY'],
  ['customer', 'ARRIVED'],
  ['state', 'COMPLETED'],
  ['customer', 'COMPLETED'],
]
/** The customer stays on the way, so that the project's `arrivingMinutes` make an event. */
const onTheWay: readonly Step[] = [
  ['state', 'ACCEPTED'],
  ['customer', 'EN_ROUTE'],
  ['eta', 9],
]
const cancelled: readonly Step[] = [
  ['state', 'ACCEPTED'],
  ['state', 'CANCELLED'],
]

const minuteMs = 60_000

/** Runs the script. Returns the number of events that it caused. */
export async function moveOrders(client: DemoClient): Promise<number> {
  const { siteCreate } = await client.execute<{ siteCreate: { site: { id: string } } }>(
    /* GraphQL */ `
      mutation ($input: SiteCreateInput!) {
        siteCreate(input: $input) {
          site {
            id
          }
          userErrors {
            code
            field
            message
          }
        }
      }
    `,
    { input: { name: 'Main Street', partnerIdentifier: 'S-43' } },
  )
  const scripts = [curbside, curbside, onTheWay, cancelled]
  const orders = guests.map((guest, index) => ({ guest, steps: scripts[index] ?? curbside }))
  await Promise.all(orders.map(({ guest, steps }) => moveOrder(client, siteCreate.site.id, guest, steps)))
  // The dispatcher creates order.arriving for the customer who is on the way.
  return orders.reduce((events, { steps }) => events + 1 + steps.length, 0) + 1
}

async function moveOrder(
  client: DemoClient,
  siteId: string,
  customer: Guest,
  steps: readonly Step[],
): Promise<void> {
  const { orderCreate } = await client.execute<{ orderCreate: { order: { id: string } } }>(
    /* GraphQL */ `
      mutation ($input: OrderCreateInput!) {
        orderCreate(input: $input) {
          order {
            id
          }
          userErrors {
            code
            field
            message
          }
        }
      }
    `,
    { input: { siteId, customer, redemptionCode: customer.licensePlate } },
  )
  const orderId = orderCreate.order.id
  for (const step of steps) await applyStep(client, orderId, step)
}

function applyStep(client: DemoClient, orderId: string, [field, value]: Step): Promise<unknown> {
  switch (field) {
    case 'state':
      return client.execute(
        /* GraphQL */ `
          mutation ($input: OrderStateChangeInput!) {
            orderStateChange(input: $input) {
              order {
                id
              }
              userErrors {
                code
                field
                message
              }
            }
          }
        `,
        { input: { orderId, state: value } },
      )
    case 'customer':
      return client.execute(
        /* GraphQL */ `
          mutation ($input: CustomerStateChangeInput!) {
            customerStateChange(input: $input) {
              order {
                id
              }
              userErrors {
                code
                field
                message
              }
            }
          }
        `,
        { input: { orderId, customerState: value } },
      )
    case 'eta':
      return client.execute(
        /* GraphQL */ `
          mutation ($input: OrderUpdateInput!) {
            orderUpdate(input: $input) {
              order {
                id
              }
              userErrors {
                code
                field
                message
              }
            }
          }
        `,
        { input: { orderId, etaAt: new Date(Date.now() + value * minuteMs).toISOString() } },
      )
  }
}
