/** What the tests of clients share: a house, a line to it, a project with a webhook, and the documents a frontend would write. */
import { aSite, aWebhook, anOrder, done, settled } from '../api/fixtures.ts'
import { openHouse, type House, type Tenant } from '../support/house.ts'
import { startReceiver } from '../support/receiver.ts'
import { until } from '../support/until.ts'
import { openLine, type Line } from './line.ts'

export interface Stage {
  readonly house: House
  readonly acme: Tenant
  readonly line: Line
  readonly siteId: string
  readonly webhookId: string
  /** Makes so many events, and waits until each was delivered. */
  ring(count: number): Promise<void>
  /** The ids of the project's recorded attempts, in the order of the feed. */
  recorded(): Promise<readonly string[]>
  close(): Promise<void>
}

export async function openStage(): Promise<Stage> {
  const house = await openHouse()
  const acme = await house.tenant()
  const receiver = await startReceiver()
  const line = await openLine(house.url)
  const siteId = await aSite(acme)
  const { id: webhookId } = await aWebhook(acme, receiver)
  const order = await anOrder(acme, { siteId })
  let events = 1
  return {
    house,
    acme,
    line,
    siteId,
    webhookId,
    ring: async (count) => {
      for (let made = 0; made < count; made += 1) {
        events += 1
        await done(acme, 'OrderUpdate', { orderId: order.id, areaName: `Bay ${events}` })
      }
      await settled(acme, {}, events)
    },
    recorded: async () => {
      const rows = await house.connections.sql<{ id: string }[]>`
        select id from attempts where project_id = ${acme.projectId} and position is not null order by position`
      return rows.map(({ id }) => id)
    },
    close: async () => {
      await line.close()
      await receiver.close()
      await house.close()
    },
  }
}

/**
 * Cuts the line of somebody who subscribed to all attempts, twice, while attempts are made. The attempts that he is
 * owed from the first that he heard on: all of them, in the order of the feed.
 */
export async function cutTwice(stage: Stage, heard: readonly string[]): Promise<readonly string[]> {
  // What happens once he is heard is brought, and he cannot say when that is.
  await until(() => stage.ring(1).then(() => heard.length > 0), { what: 'the first attempt to be heard' })
  const owed = async (): Promise<readonly string[]> => {
    const all = await stage.recorded()
    return all.slice(all.indexOf(heard[0] ?? ''))
  }
  for (const missed of [4, 2]) {
    stage.line.cut()
    await stage.ring(missed)
    const wanted = (await owed()).length
    await until(() => heard.length >= wanted, { what: `${wanted} attempts to be heard`, deadlineMs: 20_000 })
  }
  return owed()
}

export interface Page {
  readonly edges: readonly { readonly cursor: string; readonly node: { readonly id: string } }[]
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null }
}
export interface News {
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
