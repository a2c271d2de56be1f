/** A server, a proxy to it, a project with a webhook, and the documents that a frontend would write, for the tests of clients. */
import { createSite, createWebhook, createOrder, mutateOrThrow } from '../../api/support/fixtures.ts'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { startReceiver } from '../../support/receiver.ts'
import { waitFor } from '../../support/wait-for.ts'
import { openBreakableProxy, type BreakableProxy } from './breakable-proxy.ts'

export interface Fixture {
  readonly server: TestServer
  readonly acme: Tenant
  readonly proxy: BreakableProxy
  readonly siteId: string
  readonly webhookId: string
  /** Creates this many events and waits until each has an attempt. */
  createEvents(count: number): Promise<void>
  /** The ids of the project's recorded attempts, in the order of the feed. */
  recorded(): Promise<readonly string[]>
  close(): Promise<void>
}

export async function startFixture(): Promise<Fixture> {
  const server = await startTestServer()
  const acme = await server.tenant()
  const receiver = await startReceiver()
  const proxy = await openBreakableProxy(server.url)
  const siteId = await createSite(acme)
  const { id: webhookId } = await createWebhook(acme, receiver)
  const order = await createOrder(acme, { siteId })
  let events = 1
  const recorded = async (): Promise<readonly string[]> => {
    const rows = await server.connections.sql<{ id: string }[]>`
      select id from attempts where project_id = ${acme.projectId} and position is not null order by position`
    return rows.map(({ id }) => id)
  }
  return {
    server,
    acme,
    proxy,
    siteId,
    webhookId,
    createEvents: async (count) => {
      for (let made = 0; made < count; made += 1) {
        events += 1
        await mutateOrThrow(acme, 'OrderUpdate', { orderId: order.id, areaName: `Bay ${events}` })
      }
      await waitFor(async () => (await recorded()).length >= events, {
        what: `${events} attempts to be recorded`,
        deadlineMs: 30_000,
      })
    },
    recorded,
    close: async () => {
      await proxy.close()
      await receiver.close()
      await server.close()
    },
  }
}

export interface Page {
  readonly edges: readonly { readonly cursor: string; readonly node: { readonly id: string } }[]
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null }
}
export interface LiveEvent {
  readonly deliveryAttempts: { readonly cursor: string; readonly attempt: { readonly id: string } }
}
export interface SiteAnswer {
  readonly siteCreate: {
    readonly site: { readonly id: string } | null
    readonly userErrors: readonly { readonly code: string; readonly field: readonly string[] }[]
  }
}

export const viewerQuery = /* GraphQL */ `
  query Who {
    viewer {
      project {
        id
      }
    }
  }
`
export const siteMutation = /* GraphQL */ `
  mutation AddSite($input: SiteCreateInput!) {
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
`
export const deliveriesQuery = /* GraphQL */ `
  query Log($first: Int, $after: String) {
    deliveries(first: $first, after: $after) {
      edges {
        cursor
        node {
          id
        }
      }
      pageInfo {
        hasNextPage
        hasPreviousPage
        startCursor
        endCursor
      }
    }
  }
`
export const liveSubscription = /* GraphQL */ `
  subscription Live($after: String) {
    deliveryAttempts(after: $after) {
      cursor
      attempt {
        id
        outcome
      }
    }
  }
`
