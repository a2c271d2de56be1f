/** Characters that are removed from input texts: a tab in a name does not refuse an order, and a look-up by the same text finds it. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sharedTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import {
  createOrder,
  createSite,
  createWebhook,
  mutateOrThrow,
  mutate,
  waitForSettled,
} from '../support/fixtures.ts'

let server: TestServer
let acme: Tenant
let receiver: Receiver
let siteId: string

beforeAll(async () => {
  server = await sharedTestServer()
  acme = await server.tenant()
  receiver = await startReceiver()
  siteId = await createSite(acme)
})
afterAll(async () => {
  await receiver.close()
  await server.close()
})

/** Characters that tills, address books and spreadsheets leave in texts. */
const dirty = (first: string, second: string) => ` \u0085\ufeff\0${first}\t\r\n${second}\u200b\u009f\ud83d\n`

const details = `partnerIdentifier redemptionCode areaName customer { name carType carColor licensePlate }`

test('orderCreate and orderUpdate remove control characters, hidden characters and halves of surrogate pairs from every text', async () => {
  const webhook = await createWebhook(acme, receiver)
  const { id } = await createOrder(acme, {
    siteId,
    partnerIdentifier: dirty('A', '1'),
    redemptionCode: dirty('NN', 'SE'),
    areaName: dirty('Bay', '4'),
    customer: {
      name: dirty('Brian', 'Johnson'),
      carType: dirty('Ford', 'Fiesta'),
      carColor: '\0\t',
      licensePlate: dirty('KLW', '9104'),
    },
  })
  const cleaned = {
    partnerIdentifier: 'A 1',
    redemptionCode: 'NN SE',
    areaName: 'Bay 4',
    customer: { name: 'Brian Johnson', carType: 'Ford Fiesta', carColor: '', licensePlate: 'KLW 9104' },
  }
  const read = `query ($id: ID!) { order(id: $id) { ${details} } }`
  expect(await acme.gql(read, { id })).toEqual({ order: cleaned })
  await waitForSettled(acme, { webhookIds: [webhook.id] })
  expect(receiver.requests[0]?.body).toContain('"name":"Brian Johnson"')

  await mutateOrThrow(acme, 'OrderUpdate', {
    orderId: id,
    areaName: dirty('Bay', '5'),
    redemptionCode: '\u0085',
  })
  expect(await acme.gql(read, { id })).toMatchObject({ order: { areaName: 'Bay 5', redemptionCode: '' } })
})

test('a look-up and a filter by partner identifier find the order and the site by the text as given and as stored', async () => {
  const partnerIdentifier = dirty('P', '7')
  const order = await createOrder(acme, { siteId, partnerIdentifier })
  const site = await createSite(acme, { partnerIdentifier })
  const query = `query ($p: String!, $ps: [String!]) {
    order(partnerIdentifier: $p) { id }
    orders(filter: { partnerIdentifiers: $ps }) { nodes { id } }
    sites(filter: { partnerIdentifiers: $ps }) { nodes { id partnerIdentifier } }
  }`
  const found = {
    order: { id: order.id },
    orders: { nodes: [{ id: order.id }] },
    sites: { nodes: [{ id: site, partnerIdentifier: 'P 7' }] },
  }
  for (const text of [partnerIdentifier, 'P 7', ' P 7\n'])
    expect(await acme.gql(query, { p: text, ps: [text] }), JSON.stringify(text)).toEqual(found)
})

test.each(['\n', ' \t', '\u00a0', '\ufeff', '\u2028', '\u0085', '\u200b'])(
  'webhookCreate and webhookUpdate remove %j around the URL, the topics and the name',
  async (around) => {
    const url = `${receiver.url}/pasted`
    const { webhook } = await mutateOrThrow<{ webhook: Record<string, unknown> }>(acme, 'WebhookCreate', {
      name: `${around}POS${around}`,
      url: `${around}${url}${around}`,
      topics: [`${around}order.*${around}`],
    })
    expect(webhook).toMatchObject({ name: 'POS', url, topics: ['order.*'] })
    const update = { id: webhook['id'], url: `${url}/2${around}`, topics: [`${around}order.created`] }
    expect(await mutate(acme, 'WebhookUpdate', update)).toMatchObject({
      webhook: { url: `${url}/2`, topics: ['order.created'] },
      userErrors: [],
    })
  },
)

test('topicCreate and eventPublish trim the topic, and event data is stored unchanged', async () => {
  const topic = { name: ' loyalty.earned\n', description: 'Points\twere earned', example: {} }
  const made = await mutateOrThrow<{ topic: object }>(acme, 'TopicCreate', topic)
  expect(made.topic).toEqual({ name: 'loyalty.earned' })
  const published = await mutateOrThrow<{ event: { topic: string } }>(acme, 'EventPublish', {
    topic: '\tloyalty.earned ',
    data: { note: ' kept\tas it is\n' },
  })
  expect(published.event.topic).toBe('loyalty.earned')
  const { topics } = await acme.gql<{ topics: { name: string; description: string }[] }>(
    '{ topics { name description } }',
  )
  expect(topics).toContainEqual({ name: 'loyalty.earned', description: 'Points were earned' })
})
