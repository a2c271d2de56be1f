/**
 * Two projects and two partners in each, of the same shapes, and operations drawn from the schema with the ids of all
 * of them: no answer holds a canary of somebody whose things the asker may not see.
 */
import fc from 'fast-check'
import type { Client } from 'graphql-ws'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { writeCursor } from '../../../src/domain/lists/cursor.ts'
import { makeSchema } from '../../../src/graphql/schema.ts'
import { startTestServer, tenantOf, type TestServer, type Tenant } from '../../support/server.ts'
import { aKey, asPartner } from '../../support/keys.ts'
import {
  drawFrom,
  drawOperation,
  rootNames,
  type Draw,
  type Sources,
} from '../../support/checks/operations.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import { aSite, aWebhook, anOrder, done, missingId, settled, type Input } from '../support/fixtures.ts'

const runs = 2_000
/** So many operations by one key: none of the limits that a key has is what is asked about here. */
const runsOfKey = 40

type ProjectName = 'A' | 'B'
/** Whose a thing is: a platform's, one of its partners', or nobody's of a project in particular. */
type Owner = `${ProjectName}${'' | 1 | 2 | 'shared'}`

/** What stands in the texts of somebody's things, and nowhere else. */
const canaryOf = (owner: Owner): string => `canary.${owner.toLowerCase()}.seen`
const owners = (['A', 'B'] as const).flatMap((name): Owner[] => [
  name,
  `${name}1`,
  `${name}2`,
  `${name}shared`,
])

interface Asker {
  readonly role: 'PLATFORM' | 'READER' | 'PARTNER'
  readonly project: ProjectName
  /** Whose texts it writes. */
  readonly owner: Owner
  readonly sees: readonly Owner[]
}

const askers = (['A', 'B'] as const).flatMap((project): Asker[] => [
  ...(['PLATFORM', 'READER'] as const).map((role) => ({
    ...({ role, project, owner: `${project}shared` } as const),
    sees: owners.filter((owner) => owner.startsWith(project)),
  })),
  ...([1, 2] as const).map((number): Asker => {
    const owner: Owner = `${project}${number}`
    return { role: 'PARTNER', project, owner, sees: [owner, `${project}shared`] }
  }),
])

interface Thing {
  readonly id: string
  readonly owner: Owner
}

let server: TestServer
let receiver: Receiver
const platforms = new Map<ProjectName, Tenant>()
const partnerIds = new Map<Owner, string>()
const things: Thing[] = []
const cursors: string[] = []
const schema = makeSchema()
const roots = rootNames(schema)

beforeAll(async () => {
  server = await startTestServer()
  receiver = await startReceiver()
  // What a receiver says is its owner's too.
  receiver.script(({ path }, response) => void response.writeHead(200).end(`said ${path}`))
  for (const name of ['A', 'B'] as const) await settle(name)
})
afterAll(async () => {
  await receiver.close()
  await server.close()
})

/** A webhook of the owner's for the site's new orders, whose every text is the owner's. */
function wish(owner: Owner, siteId: string, preset: string): Input {
  const canary = canaryOf(owner)
  return {
    ...{ name: canary, url: `${receiver.url}/${canary}`, topics: ['order.created'], preset },
    ...{ filters: { siteIds: [siteId] }, headers: [{ name: 'x-owner', value: canary }] },
    policy: { httpsOnly: false },
  }
}

function order(siteId: string, canary: string): Input {
  const customer = { name: canary, carType: canary, carColor: canary, licensePlate: canary }
  return { siteId, customer, redemptionCode: canary, areaName: canary, partnerIdentifier: canary }
}

async function settle(name: ProjectName): Promise<void> {
  const platform = await server.tenant(canaryOf(`${name}shared`))
  platforms.set(name, platform)
  const keep = (owner: Owner, ...ids: readonly string[]): void => {
    for (const id of ids) things.push({ id, owner })
  }
  /** A site, an order there, and whose webhook was owed it; `sight`: whose is what it carries, `own` whose is the rest. */
  const tell = async (asker: Tenant, webhookOf: Owner, orderOf: Owner, preset: string): Promise<void> => {
    const siteId = await aSite(platform, { name: canaryOf(orderOf), partnerIdentifier: canaryOf(orderOf) })
    const webhook = await aWebhook(asker, receiver, wish(webhookOf, siteId, preset))
    const made = await anOrder(platform, order(siteId, canaryOf(orderOf)))
    const [delivery] = await settled(platform, { webhookIds: [webhook.id] })
    const { order: found } = await platform.gql<{ order: { customer: { id: string } } }>(
      'query ($id: ID!) { order(id: $id) { customer { id } } }',
      { id: made.id },
    )
    keep(webhookOf, webhook.id, made.id, delivery?.event.id ?? '', delivery?.id ?? '')
    keep(webhookOf, delivery?.attempts.nodes[0]?.id ?? '')
    keep(orderOf, siteId, found.customer.id)
  }
  await tell(platform, name, name, 'STANDARD')
  for (const number of [1, 2] as const) {
    const owner: Owner = `${name}${number}`
    const partner = await asPartner(server, platform, canaryOf(owner))
    partnerIds.set(owner, partner.partnerId)
    keep(owner, partner.partnerId)
    await tell(partner, owner, owner, 'STANDARD')
    // What a courier is not told is the platform's.
    await tell(partner, owner, name, 'FOODY')
    keep(
      owner,
      (await aKey(server, platform.projectId, { role: 'PARTNER', partnerId: partner.partnerId })).id,
    )
  }
  const shared: Owner = `${name}shared`
  keep(name, (await aKey(server, platform.projectId, { role: 'READER' })).id)
  keep(shared, platform.projectId)
  // What the platform changes as it goes: its later events may come to anybody's webhooks.
  const siteId = await aSite(platform, { name: canaryOf(shared) })
  const webhook = await aWebhook(platform, receiver, { ...wish(shared, siteId, 'STANDARD'), filters: null })
  const made = await anOrder(platform, order(siteId, canaryOf(shared)))
  const [delivery] = await settled(platform, { webhookIds: [webhook.id] })
  keep(shared, siteId, webhook.id, made.id, delivery?.event.id ?? '', delivery?.id ?? '')
  await done(platform, 'SiteUpdate', { id: siteId, name: canaryOf(shared) })
}

/** What an argument may be filled with: ids of everybody, but for changes whose effects others may rightly see. */
function sourcesFor(asker: Asker, field: string, isChange: boolean, draw: Draw): Sources {
  const isEnd = /Delete|Revoke|Erase/.test(field)
  const mayChange = ({ id, owner }: Thing): boolean => {
    if (!asker.sees.includes(owner)) return true
    if (isEnd) return false
    // A platform's own stays what it was: new events of it would be anybody's.
    return owner.endsWith('shared') || asker.role === 'PARTNER' || id.startsWith('ptn_')
  }
  const ids = (isChange ? things.filter(mayChange) : things).map(({ id }) => id)
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
  const canary = canaryOf(asker.owner)
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
      // Those of others too: what one is called by is no way to it.
      return isChange || draw.maybe(0.3) ? canary : canaryOf(draw.from(owners))
    },
  }
}

const keyTexts = new Map<Asker, { text: string; left: number }>()
async function keyFor(asker: Asker): Promise<string> {
  const kept = keyTexts.get(asker)
  if (kept !== undefined && kept.left > 0) {
    kept.left -= 1
    return kept.text
  }
  const partnerId = asker.role === 'PARTNER' ? partnerIds.get(asker.owner) : undefined
  const { projectId } = platformOf(asker)
  const key = await aKey(server, projectId, {
    role: asker.role,
    ...(partnerId !== undefined && { partnerId }),
  })
  keyTexts.set(asker, { text: key.text, left: runsOfKey })
  return key.text
}

function platformOf({ project }: Asker): Tenant {
  const platform = platforms.get(project)
  if (platform === undefined) throw new Error(`expected project ${project} to be there`)
  return platform
}

/** What an answer holds that its asker may not see: canaries, also in base64, and ids that were not asked for. */
function leaksOf(asker: Asker, question: string, answer: string): readonly string[] {
  const decoded = [...answer.matchAll(/"([\w+/=-]{16,})"/g)].map(([, text]) =>
    Buffer.from(text ?? '', 'base64').toString('latin1'),
  )
  const all = [answer, ...decoded].join('\n')
  const hidden = owners.filter((owner) => !asker.sees.includes(owner))
  const canaries = hidden.map(canaryOf).filter((canary) => all.includes(canary) && !question.includes(canary))
  const ids = things
    .filter(({ id, owner }) => hidden.includes(owner) && !id.startsWith('sit_'))
    .map(({ id }) => id)
    .filter((id) => all.includes(id) && !question.includes(id))
  return [...canaries, ...ids]
}

test(`${runs} operations with the ids of all bring nobody what is not theirs`, async () => {
  const drawn = new Set<string>()
  const heard: { readonly asker: Asker; readonly question: string; readonly answer: string }[] = []
  const sockets: Client[] = []
  let answered = 0

  /** Follows until the test ends: whatever comes is looked at then. */
  const follow = (asker: Asker, key: string, query: string, variables: Input): void => {
    const question = JSON.stringify({ query, variables })
    const socket = tenantOf(server.url, '', key, sockets).socket()
    const hear = (answer: unknown) => heard.push({ asker, question, answer: JSON.stringify(answer) })
    socket.subscribe({ query, variables }, { next: hear, error: hear, complete: () => undefined })
  }
  for (const asker of askers) {
    const whose = asker.role === 'PARTNER' ? { partnerId: partnerIds.get(asker.owner) ?? null } : {}
    const scope = { list: 'feed', projectId: platformOf(asker).projectId, ...whose, filter: null }
    cursors.push(writeCursor(scope, '0'))
    follow(
      asker,
      await keyFor(asker),
      `subscription ($after: String) { deliveryAttempts(after: $after) { cursor
        attempt { id request { url body headers { value } } response { body } webhook { id name } }
        delivery { id event { id data order { id redemptionCode site { name } customer { id name } } } } } }`,
      { after: cursors.at(-1) },
    )
  }

  await fc.assert(
    fc.asyncProperty(
      fc.record({ root: fc.constantFrom(...roots), asker: fc.constantFrom(...askers), seed: fc.nat() }),
      async ({ root, asker, seed }) => {
        drawn.add(`${root.root}.${root.field}`)
        const draw = drawFrom(seed)
        const sources = sourcesFor(asker, root.field, root.root === 'mutation', draw)
        const { query, variables } = drawOperation(schema, root, draw, sources)
        const key = await keyFor(asker)
        if (root.root === 'subscription') {
          follow(asker, key, query, variables)
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
        expect(leaksOf(asker, JSON.stringify({ query, variables }), answer), answer).toEqual([])
      },
    ),
    { numRuns: runs, endOnFailure: true },
  )
  for (const socket of sockets) await socket.dispose()

  for (const { asker, question, answer } of heard)
    expect(leaksOf(asker, question, answer), answer).toEqual([])
  expect(drawn).toEqual(new Set(roots.map(({ root, field }) => `${root}.${field}`)))
  // Else it would say nothing: most are answered, and each who may see attempts heard of some.
  expect(answered / runs).toBeGreaterThan(0.3)
  for (const asker of askers) expect(heard.some((news) => news.asker === asker)).toBe(true)
}, 240_000)
