/**
 * Random isolation test: two projects with two partners each, and random operations of the schema with the ids of all
 * objects. No response contains a canary text of an object that the caller may not see.
 */
import fc from 'fast-check'
import type { Client } from 'graphql-ws'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { writeCursor } from '../../../src/domain/lists/cursor.ts'
import { executableSchema } from '../../../src/graphql/schema.ts'
import { depth } from '../../support/depth.ts'
import { sharedTestServer, tenantOf, type TestServer, type Tenant } from '../../support/server.ts'
import { createTestKey, asPartner } from '../../support/keys.ts'
import {
  drawFrom,
  drawOperation,
  rootNames,
  type Draw,
  type Sources,
} from '../../support/checks/operations.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import {
  createSite,
  createWebhook,
  createOrder,
  mutateOrThrow,
  missingId,
  waitForSettled,
  type Input,
} from '../support/fixtures.ts'

const runs = depth(2_000)
/** Operations per key: few enough that the rate limits of a key do not apply. */
const runsOfKey = 40

type ProjectName = 'A' | 'B'
/** The owner of an object: a platform, one of its partners, or all keys of a project. */
type Owner = `${ProjectName}${'' | 1 | 2 | 'shared'}`

/** The text that the objects of this owner contain, and no other object. */
const canaryOf = (owner: Owner): string => `canary.${owner.toLowerCase()}.seen`
const owners = (['A', 'B'] as const).flatMap((name): Owner[] => [
  name,
  `${name}1`,
  `${name}2`,
  `${name}shared`,
])

interface Caller {
  readonly role: 'PLATFORM' | 'READER' | 'PARTNER'
  readonly project: ProjectName
  /** The owner whose canary the caller writes. */
  readonly owner: Owner
  readonly sees: readonly Owner[]
}

const callers = (['A', 'B'] as const).flatMap((project): Caller[] => [
  ...(['PLATFORM', 'READER'] as const).map((role) => ({
    ...({ role, project, owner: `${project}shared` } as const),
    sees: owners.filter((owner) => owner.startsWith(project)),
  })),
  ...([1, 2] as const).map((number): Caller => {
    const owner: Owner = `${project}${number}`
    return { role: 'PARTNER', project, owner, sees: [owner, `${project}shared`] }
  }),
])

interface OwnedObject {
  readonly id: string
  readonly owner: Owner
}

let server: TestServer
let receiver: Receiver
const platforms = new Map<ProjectName, Tenant>()
const partnerIds = new Map<Owner, string>()
const objects: OwnedObject[] = []
const cursors: string[] = []
const schema = executableSchema()
const roots = rootNames(schema)

beforeAll(async () => {
  server = await sharedTestServer()
  receiver = await startReceiver()
  // The responses of a receiver belong to the owner of the webhook.
  receiver.script(({ path }, response) => void response.writeHead(200).end(`said ${path}`))
  for (const name of ['A', 'B'] as const) await createObjects(name)
})
afterAll(async () => {
  await receiver.close()
  await server.close()
})

/** The input of a webhook for new orders of the site. Each of its texts contains the canary of the owner. */
function webhookInput(owner: Owner, siteId: string, preset: string): Input {
  const canary = canaryOf(owner)
  return {
    ...{ name: canary, url: `${receiver.url}/${canary}`, topics: ['order.created'], preset },
    ...{ filters: { siteIds: [siteId] }, headers: [{ name: 'x-owner', value: canary }] },
    policy: { httpsOnly: false },
  }
}

function orderInput(siteId: string, canary: string): Input {
  const customer = { name: canary, carType: canary, carColor: canary, licensePlate: canary }
  return { siteId, customer, redemptionCode: canary, areaName: canary, partnerIdentifier: canary }
}

async function createObjects(name: ProjectName): Promise<void> {
  const platform = await server.tenant(canaryOf(`${name}shared`))
  platforms.set(name, platform)
  const remember = (owner: Owner, ...ids: readonly string[]): void => {
    for (const id of ids) objects.push({ id, owner })
  }
  /**
   * Creates a site, a webhook and an order there. `webhookOf` owns what the webhook receives, `orderOf` the order
   * itself.
   */
  const createDelivery = async (
    caller: Tenant,
    webhookOf: Owner,
    orderOf: Owner,
    preset: string,
  ): Promise<void> => {
    const siteId = await createSite(platform, {
      name: canaryOf(orderOf),
      partnerIdentifier: canaryOf(orderOf),
    })
    const webhook = await createWebhook(caller, receiver, webhookInput(webhookOf, siteId, preset))
    const made = await createOrder(platform, orderInput(siteId, canaryOf(orderOf)))
    const [delivery] = await waitForSettled(platform, { webhookIds: [webhook.id] })
    const { order: found } = await platform.gql<{ order: { customer: { id: string } } }>(
      'query ($id: ID!) { order(id: $id) { customer { id } } }',
      { id: made.id },
    )
    remember(webhookOf, webhook.id, made.id, delivery?.event.id ?? '', delivery?.id ?? '')
    remember(webhookOf, delivery?.attempts.nodes[0]?.id ?? '')
    remember(orderOf, siteId, found.customer.id)
  }
  await createDelivery(platform, name, name, 'STANDARD')
  for (const number of [1, 2] as const) {
    const owner: Owner = `${name}${number}`
    const partner = await asPartner(server, platform, canaryOf(owner))
    partnerIds.set(owner, partner.partnerId)
    remember(owner, partner.partnerId)
    await createDelivery(partner, owner, owner, 'STANDARD')
    // The fields that a FOODY request does not contain belong to the platform.
    await createDelivery(partner, owner, name, 'FOODY')
    remember(
      owner,
      (await createTestKey(server, platform.projectId, { role: 'PARTNER', partnerId: partner.partnerId })).id,
    )
  }
  const shared: Owner = `${name}shared`
  remember(name, (await createTestKey(server, platform.projectId, { role: 'READER' })).id)
  remember(shared, platform.projectId)
  // Objects that the platform may change: their later events may be sent to the webhooks of all partners.
  const siteId = await createSite(platform, { name: canaryOf(shared) })
  const webhook = await createWebhook(platform, receiver, {
    ...webhookInput(shared, siteId, 'STANDARD'),
    filters: null,
  })
  const made = await createOrder(platform, orderInput(siteId, canaryOf(shared)))
  const [delivery] = await waitForSettled(platform, { webhookIds: [webhook.id] })
  remember(shared, siteId, webhook.id, made.id, delivery?.event.id ?? '', delivery?.id ?? '')
  await mutateOrThrow(platform, 'SiteUpdate', { id: siteId, name: canaryOf(shared) })
}

/** The values for arguments: ids of all objects, except for changes whose effects other keys may rightly see. */
function sourcesFor(caller: Caller, field: string, isChange: boolean, draw: Draw): Sources {
  const isEnd = /Delete|Revoke|Erase/.test(field)
  const mayChange = ({ id, owner }: OwnedObject): boolean => {
    if (!caller.sees.includes(owner)) return true
    if (isEnd) return false
    // A platform does not change its own objects: their new events would be visible to others.
    return owner.endsWith('shared') || caller.role === 'PARTNER' || id.startsWith('ptn_')
  }
  const ids = (isChange ? objects.filter(mayChange) : objects).map(({ id }) => id)
  const prefix = (name: string): string | undefined =>
    /^(sit|cus|ord|whk|dlv|att|evt|ptn|key)/.exec(
      name
        .replace(
          /^(webhook|customer|delivery|attempt|partner|event|site|order)(Ids?)$/,
          (_, kind: string) => short[kind] ?? kind,
        )
        .replace(/^key(Ids?)$/, 'key'),
    )?.[1]
  const short: Readonly<Record<string, string>> = {
    ...{ webhook: 'whk', customer: 'cus', delivery: 'dlv', attempt: 'att', partner: 'ptn' },
    ...{ event: 'evt', site: 'sit', order: 'ord' },
  }
  const ofField = Object.entries(short).find(([kind]) => field.startsWith(kind) || field === `${kind}s`)?.[1]
  const canary = canaryOf(caller.owner)
  return {
    id: (name) => {
      const kind = prefix(name) ?? (name === 'id' ? ofField : undefined)
      const fitting = draw.maybe(0.9) && kind !== undefined ? ids.filter((id) => id.startsWith(kind)) : ids
      return fitting.length === 0 ? missingId(kind ?? 'whk') : draw.from(fitting)
    },
    cursor: () => (cursors.length === 0 ? 'none' : draw.from(cursors)),
    text: (name) => {
      if (name === 'url') return `${receiver.url}/${canary}`
      if (/^topics?$/.test(name)) return draw.from(['order.*', 'order.created', 'menu.updated', 'menu.*'])
      // Also the texts of others: a name must not give access.
      return isChange || draw.maybe(0.3) ? canary : canaryOf(draw.from(owners))
    },
  }
}

const keyTexts = new Map<Caller, { text: string; left: number }>()
async function keyFor(caller: Caller): Promise<string> {
  const kept = keyTexts.get(caller)
  if (kept !== undefined && kept.left > 0) {
    kept.left -= 1
    return kept.text
  }
  const partnerId = caller.role === 'PARTNER' ? partnerIds.get(caller.owner) : undefined
  const { projectId } = platformOf(caller)
  const key = await createTestKey(server, projectId, {
    role: caller.role,
    ...(partnerId !== undefined && { partnerId }),
  })
  keyTexts.set(caller, { text: key.text, left: runsOfKey })
  return key.text
}

function platformOf({ project }: Caller): Tenant {
  const platform = platforms.get(project)
  if (platform === undefined) throw new Error(`expected project ${project} to exist`)
  return platform
}

/** What the caller may not see in a response: canaries, also in base64, and ids that the request did not contain. */
function leaksOf(caller: Caller, request: string, answer: string): readonly string[] {
  const decoded = [...answer.matchAll(/"([\w+/=-]{16,})"/g)].map(([, text]) =>
    Buffer.from(text ?? '', 'base64').toString('latin1'),
  )
  const all = [answer, ...decoded].join('\n')
  const hidden = owners.filter((owner) => !caller.sees.includes(owner))
  const canaries = hidden.map(canaryOf).filter((canary) => all.includes(canary) && !request.includes(canary))
  const ids = objects
    .filter(({ id, owner }) => hidden.includes(owner) && !id.startsWith('sit_'))
    .map(({ id }) => id)
    .filter((id) => all.includes(id) && !request.includes(id))
  return [...canaries, ...ids]
}

test(`${runs} random operations with the ids of all projects and partners return no data of another project or partner`, async () => {
  const drawn = new Set<string>()
  const messages: { readonly caller: Caller; readonly request: string; readonly answer: string }[] = []
  const sockets: Client[] = []
  let answered = 0

  /** Subscribes until the test ends. The messages are checked then. */
  const subscribe = (caller: Caller, key: string, query: string, variables: Input): void => {
    const request = JSON.stringify({ query, variables })
    const socket = tenantOf(server.url, '', key, sockets).socket()
    const receive = (answer: unknown) => messages.push({ caller, request, answer: JSON.stringify(answer) })
    socket.subscribe({ query, variables }, { next: receive, error: receive, complete: () => undefined })
  }
  for (const caller of callers) {
    const whose = caller.role === 'PARTNER' ? { partnerId: partnerIds.get(caller.owner) ?? null } : {}
    const scope = { list: 'feed', projectId: platformOf(caller).projectId, ...whose, filter: null }
    cursors.push(writeCursor(scope, '0'))
    subscribe(
      caller,
      await keyFor(caller),
      `subscription ($after: String) { deliveryAttempts(after: $after) { cursor
        attempt { id request { url body headers { value } } response { body } webhook { id name } }
        delivery { id event { id data order { id redemptionCode site { name } customer { id name } } } } } }`,
      { after: cursors.at(-1) },
    )
  }

  await fc.assert(
    fc.asyncProperty(
      fc.record({ root: fc.constantFrom(...roots), caller: fc.constantFrom(...callers), seed: fc.nat() }),
      async ({ root: drawnRoot, caller, seed }) => {
        // Each root is drawn once before any is drawn again.
        const root = roots[drawn.size] ?? drawnRoot
        drawn.add(`${root.root}.${root.field}`)
        const draw = drawFrom(seed)
        const sources = sourcesFor(caller, root.field, root.root === 'mutation', draw)
        const { query, variables } = drawOperation(schema, root, draw, sources)
        const key = await keyFor(caller)
        if (root.root === 'subscription') {
          subscribe(caller, key, query, variables)
          return
        }
        const response = await fetch(server.url, {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
          body: JSON.stringify({ query, variables }),
        })
        const answer = await response.text()
        if (!answer.includes('"errors"')) answered += 1
        const cursor = /"endCursor":"([^"]+)"/.exec(answer)?.[1]
        if (cursor !== undefined && cursors.length < 200) cursors.push(cursor)
        expect(leaksOf(caller, JSON.stringify({ query, variables }), answer), answer).toEqual([])
      },
    ),
    { numRuns: runs, endOnFailure: true },
  )
  for (const socket of sockets) await socket.dispose()

  for (const { caller, request, answer } of messages)
    expect(leaksOf(caller, request, answer), answer).toEqual([])
  expect(drawn).toEqual(new Set(roots.map(({ root, field }) => `${root}.${field}`)))
  // The test must not be empty: over 30 % of the operations succeed, and each caller receives attempts.
  expect(answered / runs).toBeGreaterThan(0.3)
  for (const caller of callers) expect(messages.some((message) => message.caller === caller)).toBe(true)
}, 240_000)
