/** The filters of every list: values of each member, and predicates for the nodes that match them. */

/** Ids of the objects that the test created. */
export interface CreatedIds {
  readonly partnerIds: readonly string[]
  readonly siteIds: readonly string[]
  readonly customerIds: readonly string[]
  readonly orderIds: readonly string[]
  readonly webhookIds: readonly string[]
  readonly eventIds: readonly string[]
}

export type Node = Readonly<Record<string, never>>

export interface List {
  readonly field: string
  /** The fields that the predicates read. */
  readonly selection: string
  /** Values of each member of its filter. Time ranges are tested by `time-ranges.test.ts`. */
  readonly members: (ids: CreatedIds) => Readonly<Record<string, readonly unknown[]>>
  /** Whether a node matches a value of the member. */
  readonly matches: Readonly<Record<string, (node: Node, value: never) => boolean>>
}

/** Texts with a meaning in SQL, patterns or JSON. Filters compare them literally. */
export const specialTexts = [
  '%',
  '_',
  'S_1',
  'S%',
  '\\',
  '\\%',
  "' or true --",
  '.*',
  '^S',
  'x'.repeat(200),
  '🍕',
  'null',
  '{}',
]

const among = (read: (node: Node) => unknown) => (node: Node, values: never) =>
  (values as readonly unknown[]).length === 0 || (values as readonly unknown[]).includes(read(node))
const ofTopics = (read: (node: Node) => string) => (node: Node, values: never) =>
  (values as readonly string[]).some(
    (one) => one === read(node) || (one.endsWith('.*') && read(node).startsWith(one.slice(0, -1))),
  )
export const at = (node: Node, ...path: readonly string[]): unknown =>
  path.reduce<unknown>((value, name) => (value as Node | null)?.[name], node)

const topics = [
  ['order.*'],
  ['order.created'],
  ['order.state_changed', 'order.eta_changed'],
  ['order.deleted'],
  ['customer.*', 'order.eta_changed'],
]
/** Filter members of attempts, which deliveries apply to their latest attempt. */
const attemptMembers = (ids: CreatedIds) => ({
  outcomes: [['SUCCEEDED'], ['HTTP_ERROR'], ['HTTP_ERROR', 'BLOCKED'], ['TIMED_OUT'], []],
  statusClasses: [['SUCCESSFUL'], ['SERVER_ERROR'], ['INFORMATIONAL', 'SERVER_ERROR'], ['CLIENT_ERROR'], []],
  triggers: [['SCHEDULE'], ['MANUAL'], ['MANUAL', 'TEST'], ['TEST'], ['SCHEDULE', 'MANUAL'], []],
  attemptNumberFrom: [1, 2, 3, 2_147_483_647],
  presets: [['STANDARD'], ['FLIPDISH'], ['FOODY', 'FLIPDISH'], ['FOODY'], []],
  partnerIds: some(ids.partnerIds),
  finalOnly: [true, false],
})
const classOf = (status: unknown) =>
  typeof status === 'number' &&
  ['INFORMATIONAL', 'SUCCESSFUL', 'REDIRECTION', 'CLIENT_ERROR', 'SERVER_ERROR'][Math.floor(status / 100) - 1]
const some = (ids: readonly string[]) => [[ids[0]], ids.slice(0, 2), [ids[2] ?? ids[1]], ['no id'], []]

/** The words of the orders that the test created. */
const wordsOf = (order: Node): readonly string[] =>
  [at(order, 'customer', 'name'), at(order, 'partnerIdentifier')].map((text) =>
    ((text ?? '') as string).toLowerCase().replace(/[^a-z\d]/g, ''),
  )

export const lists: readonly List[] = [
  {
    field: 'sites',
    selection: 'partnerIdentifier',
    members: () => ({
      partnerIdentifiers: [['S-1'], ['S-1', 's-1'], ['S-'], [''], [], ...specialTexts.map((one) => [one])],
    }),
    matches: { partnerIdentifiers: among((site) => at(site, 'partnerIdentifier')) },
  },
  { field: 'customers', selection: 'name', members: () => ({}), matches: {} },
  {
    field: 'orders',
    selection: 'state customerState partnerIdentifier source number site { id } customer { id name }',
    members: (ids) => ({
      siteIds: some(ids.siteIds),
      customerIds: some(ids.customerIds),
      states: [['READY'], ['READY', 'CANCELLED'], ['DELIVERED'], []],
      customerStates: [['CREATED'], ['NEARBY', 'ARRIVED'], ['WAITING'], []],
      sources: [['app'], ['app', 'kiosk'], ['App'], ['ap'], ["' or true --"], []],
      partnerIdentifiers: [
        ['100%'],
        ['a_c', '1000'],
        ['1%'],
        ['a%'],
        ['10.*'],
        ["' or true --"],
        ['x'.repeat(10_000)],
      ],
      search: ['ann', '10', 'bob 1000', 'b bo', '3', 'nobody', ''],
    }),
    matches: {
      siteIds: among((order) => at(order, 'site', 'id')),
      customerIds: among((order) => at(order, 'customer', 'id')),
      states: among((order) => at(order, 'state')),
      customerStates: among((order) => at(order, 'customerState')),
      sources: among((order) => at(order, 'source')),
      partnerIdentifiers: among((order) => at(order, 'partnerIdentifier')),
      search: (order, text: string) =>
        text
          .split(' ')
          .every(
            (word) =>
              String(at(order, 'number')) === word ||
              (word !== '3' && wordsOf(order).some((own) => own.startsWith(word))),
          ),
    },
  },
  {
    field: 'events',
    selection: 'topic order { id site { id } }',
    members: (ids) => ({ orderIds: some(ids.orderIds), siteIds: some(ids.siteIds), topics }),
    matches: {
      orderIds: among((event) => at(event, 'order', 'id')),
      siteIds: among((event) => at(event, 'order', 'site', 'id')),
      topics: ofTopics((event) => String(at(event, 'topic'))),
    },
  },
  {
    field: 'webhooks',
    selection: 'enabled preset partner { id }',
    members: (ids) => ({
      enabled: [true, false],
      presets: [['STANDARD'], []],
      partnerIds: some(ids.partnerIds),
    }),
    matches: {
      enabled: (webhook, value) => at(webhook, 'enabled') === value,
      presets: among((webhook) => at(webhook, 'preset')),
      partnerIds: among((webhook) => at(webhook, 'partner', 'id')),
    },
  },
  {
    field: 'deliveries',
    selection: `state attemptCount webhook { id preset partner { id } } event { id topic order { id } }
      attempts(last: 1) { nodes { outcome statusCode trigger } }`,
    members: (ids) => ({
      webhookIds: some(ids.webhookIds),
      orderIds: some(ids.orderIds),
      eventIds: some(ids.eventIds),
      topics,
      states: [['DELIVERED'], ['SKIPPED', 'EXHAUSTED'], ['PENDING'], ['EXHAUSTED'], []],
      ...attemptMembers(ids),
    }),
    matches: {
      webhookIds: among((delivery) => at(delivery, 'webhook', 'id')),
      orderIds: among((delivery) => at(delivery, 'event', 'order', 'id')),
      eventIds: among((delivery) => at(delivery, 'event', 'id')),
      topics: ofTopics((delivery) => String(at(delivery, 'event', 'topic'))),
      states: among((delivery) => at(delivery, 'state')),
      partnerIds: among((delivery) => at(delivery, 'webhook', 'partner', 'id')),
      presets: among((delivery) => at(delivery, 'webhook', 'preset')),
      outcomes: among((delivery) => at(delivery, 'attempts', 'nodes', '0', 'outcome')),
      statusClasses: among((delivery) => classOf(at(delivery, 'attempts', 'nodes', '0', 'statusCode'))),
      triggers: among((delivery) => at(delivery, 'attempts', 'nodes', '0', 'trigger')),
      attemptNumberFrom: (delivery, from) => Number(at(delivery, 'attemptCount')) >= from,
      finalOnly: (delivery, value) => !(value as boolean) || at(delivery, 'state') !== 'PENDING',
    },
  },
  {
    field: 'deliveryAttempts',
    selection: `number trigger outcome statusCode nextStep webhook { id preset partner { id } }
      delivery { event { topic order { id } } }`,
    members: (ids) => ({
      webhookIds: some(ids.webhookIds),
      orderIds: some(ids.orderIds),
      topics,
      ...attemptMembers(ids),
    }),
    matches: {
      webhookIds: among((attempt) => at(attempt, 'webhook', 'id')),
      orderIds: among((attempt) => at(attempt, 'delivery', 'event', 'order', 'id')),
      topics: ofTopics((attempt) => String(at(attempt, 'delivery', 'event', 'topic'))),
      partnerIds: among((attempt) => at(attempt, 'webhook', 'partner', 'id')),
      presets: among((attempt) => at(attempt, 'webhook', 'preset')),
      outcomes: among((attempt) => at(attempt, 'outcome')),
      statusClasses: among((attempt) => classOf(at(attempt, 'statusCode'))),
      triggers: among((attempt) => at(attempt, 'trigger')),
      attemptNumberFrom: (attempt, from) => Number(at(attempt, 'number')) >= from,
      finalOnly: (attempt, value) => !(value as boolean) || at(attempt, 'nextStep') !== 'RETRY',
    },
  },
]
