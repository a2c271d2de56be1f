/** The current cursor of a feed: a subscription from there misses no event, also not one after a page that the same query read. */
import { graphql } from 'graphql'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { wholeProject } from '../../src/domain/access/scope.ts'
import type { Context } from '../../src/graphql/core/context.ts'
import { makeLoaders } from '../../src/graphql/core/loaders.ts'
import { makeByteBudget } from '../../src/graphql/core/read-bytes.ts'
import { system } from '../../src/runtime/system.ts'
import { executableSchema } from '../../src/graphql/schema.ts'
import type { ProjectStore } from '../../src/db/tenant/tenant-store.ts'
import { createWebhook, createOrder, changeOrderState, waitForSettled } from '../api/support/fixtures.ts'
import { startTestServer, type TestServer, type Tenant } from '../support/server.ts'
import { asPartner, withKey } from '../support/keys.ts'
import { startReceiver, type Receiver } from '../support/receiver.ts'
import { waitFor } from '../support/wait-for.ts'
import { follow } from './support/follow.ts'

let server: TestServer
let receiver: Receiver
let acme: Tenant

beforeAll(async () => {
  server = await startTestServer()
  receiver = await startReceiver()
})
beforeEach(async () => {
  acme = await server.tenant()
})
afterAll(async () => {
  await receiver.close()
  await server.close()
})

async function currentCursor(tenant: Tenant, filter: object | null = null): Promise<string> {
  const { it } = await tenant.gql<{ it: string }>(
    'query ($filter: DeliveryAttemptFilter) { it: deliveryAttemptsCursor(filter: $filter) }',
    { filter },
  )
  return it
}
const codeOf = async (tenant: Tenant, variables: object): Promise<string | undefined> => {
  const following = follow(tenant.socket(), { ...variables })
  await waitFor(() => following.refused() !== undefined, { what: 'a refusal' })
  return following.refused()
}

describe('deliveryAttemptsCursor', () => {
  test('a subscription from the current cursor receives the attempts after it, also those before it subscribed, and none before the cursor', async () => {
    await createWebhook(acme, receiver)
    const first = await createOrder(acme)
    await waitForSettled(acme, {})
    const after = await currentCursor(acme)
    await changeOrderState(acme, first.id, 'READY')
    await waitForSettled(acme, {}, 2)
    const following = follow(acme.socket(), { after })
    await changeOrderState(acme, first.id, 'COMPLETED')
    const events = await following.received(2)

    expect(events.map(({ delivery }) => delivery.event.topic)).toEqual(Array(2).fill('order.state_changed'))
    expect(following.refused()).toBeUndefined()
  })

  test('the current cursor exists before the first attempt, and changes only when an attempt is recorded', async () => {
    const after = await currentCursor(acme)
    expect(await currentCursor(acme)).toBe(after)
    await createWebhook(acme, receiver)
    await createOrder(acme)
    await waitForSettled(acme, {})

    expect(await follow(acme.socket(), { after }).received(1)).toHaveLength(1)
    expect(await currentCursor(acme)).not.toBe(after)
  })

  test('a cursor is valid for an equivalent filter, and refused for another filter, project, partner or feed', async () => {
    const webhook = await createWebhook(acme, receiver)
    const other = await createWebhook(acme, receiver)
    const filter = { webhookIds: [webhook.id, other.id], topics: ['order.*'], finalOnly: false }
    const after = await currentCursor(acme, filter)
    const same = { topics: ['order.*', 'order.*'], orderIds: [], webhookIds: [other.id, webhook.id] }
    await createOrder(acme)
    expect(await follow(acme.socket(), { after, filter: same }).received(2)).toHaveLength(2)

    const partner = await asPartner(server, acme)
    const rival = await asPartner(server, acme, 'Rival Ltd')
    expect(await codeOf(acme, { after })).toBe('CURSOR_INVALID')
    expect(await codeOf(acme, { after, filter: { ...filter, topics: [] } })).toBe('CURSOR_INVALID')
    expect(await codeOf(await server.tenant(), { after, filter })).toBe('CURSOR_INVALID')
    expect(await codeOf(partner, { after, filter })).toBe('CURSOR_INVALID')
    expect(await codeOf(rival, { after: await currentCursor(partner) })).toBe('CURSOR_INVALID')
    const { it: ofChanges } = await acme.gql<{ it: string }>('{ it: webhookChangesCursor }')
    expect(await codeOf(acme, { after: ofChanges })).toBe('CURSOR_INVALID')
    // Two keys with the same scope can use each other's cursors.
    const reader = await withKey(server, acme, { role: 'READER', name: null })
    const [, second] = [await createOrder(acme), follow(reader.socket(), { after, filter })]
    expect((await second.received(4)).length).toBe(4)
  })

  test('the current cursor refuses a filter of 101 webhooks with BAD_USER_INPUT', async () => {
    const many = Array.from({ length: 101 }, () => 'x')
    for (const field of ['deliveryAttemptsCursor', 'webhookChangesCursor']) {
      const query = `{ it: ${field}(filter: { webhookIds: ${JSON.stringify(many)} }) }`
      const { body } = await acme.post({ query })
      expect(body.errors?.map(({ extensions }) => extensions?.['code'])).toEqual(['BAD_USER_INPUT'])
    }
  })
})

describe('query with a current cursor', () => {
  /** Runs the query and returns the names of the reads: of feed bounds when they are answered, of lists when they begin. */
  async function stepsOf(source: string): Promise<readonly string[]> {
    const steps: string[] = []
    const feedOf = (name: string) => ({
      bounds: async () => {
        // Takes longer than any read that does not wait for it.
        for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate)
        steps.push(name)
        return { last: 7, expired: 0 }
      },
    })
    const store = new Proxy({} as ProjectStore, {
      get: (_, name) => () => {
        steps.push(String(name))
        return Promise.resolve({ items: [], hasNextPage: false, hasPreviousPage: false })
      },
    })
    const scope = wholeProject('prj_1')
    const contextValue = {
      key: { role: 'PLATFORM' } as Context['key'],
      scope,
      projectId: scope.projectId,
      store,
      deps: { system },
      loaders: makeLoaders(store),
      feed: feedOf('attempts'),
      webhookFeed: feedOf('changes'),
      bytes: makeByteBudget(),
      feedPositions: new Map<object, Promise<number>>(),
    }
    const { errors } = await graphql({ schema: executableSchema(), source, contextValue })
    expect(errors).toBeUndefined()
    return steps
  }

  test.each([
    ['after', '{ deliveryAttempts { nodes { id } } webhooks { nodes { id } } deliveryAttemptsCursor }'],
    ['before', '{ deliveryAttemptsCursor deliveryAttempts { nodes { id } } webhooks { nodes { id } } }'],
  ])(
    'a query reads the feed position before its pages when the cursor field stands %s them',
    async (_, source) => {
      const [first, ...pages] = await stepsOf(source)
      expect([first, ...pages.toSorted()]).toEqual(['attempts', 'listAttempts', 'listWebhooks'])
    },
  )

  test('a query with several current cursors reads the position of each feed once', async () => {
    const source = `{ a: deliveryAttemptsCursor b: deliveryAttemptsCursor(filter: { topics: ["order.*"] })
      c: webhookChangesCursor ... { d: webhookChangesCursor(filter: { kinds: [FAILING] }) } }`
    expect((await stepsOf(source)).toSorted()).toEqual(['attempts', 'changes'])
  })
})
