/** The demo's script: creates one site and three orders, and changes the orders step by step. */
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
const cancelled: readonly Step[] = [
  ['state', 'ACCEPTED'],
  ['state', 'CANCELLED'],
]

const minuteMs = 60_000

/** Runs the script. Returns the number of events that it caused. */
export async function walkOrders(client: DemoClient): Promise<number> {
  const { siteCreate } = await client.ask<{ siteCreate: { site: { id: string } } }>(
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
  const evenings = guests.map((guest, index) => ({
    guest,
    steps: index === guests.length - 1 ? cancelled : curbside,
  }))
  await Promise.all(evenings.map(({ guest, steps }) => walkOrder(client, siteCreate.site.id, guest, steps)))
  return evenings.reduce((events, { steps }) => events + 1 + steps.length, 0)
}

async function walkOrder(
  client: DemoClient,
  siteId: string,
  customer: Guest,
  steps: readonly Step[],
): Promise<void> {
  const { orderCreate } = await client.ask<{ orderCreate: { order: { id: string } } }>(
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
  for (const step of steps) await take(client, orderId, step)
}

function take(client: DemoClient, orderId: string, [what, to]: Step): Promise<unknown> {
  switch (what) {
    case 'state':
      return client.ask(
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
        { input: { orderId, state: to } },
      )
    case 'customer':
      return client.ask(
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
        { input: { orderId, customerState: to } },
      )
    case 'eta':
      return client.ask(
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
        { input: { orderId, etaAt: new Date(Date.now() + to * minuteMs).toISOString() } },
      )
  }
}
