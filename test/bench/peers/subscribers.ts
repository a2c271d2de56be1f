/**
 * The subscribers of a bench in a separate process, 20 subscriptions on each socket. They count the attempts they
 * receive, and those that are repeated or of another webhook.
 */
import { WebSocket } from 'ws'

const perSocket = 20

/** A command of the bench: subscribe, wait for this many attempts, or leave. */
export type Command =
  | { readonly subscribe: Subscriptions }
  /** Answers once this many attempts were received in total, or none was for a while. */
  | { readonly waitFor: number }
  | { readonly leave: true }

export interface Subscriptions {
  readonly url: string
  readonly key: string
  readonly document: string
  /** The webhook of each subscription; null: all attempts of the project. */
  readonly webhookIds: readonly (string | null)[]
}

export interface ReceivedAttempts {
  /** Attempts that a subscription received more than once. */
  readonly repeated: number
  /** Attempts of another webhook than that of the subscription. */
  readonly misdirected: number
  /** Subscriptions that received an attempt. */
  readonly subscriptions: number
  /** The attempts in the order in which they were received, and when, on the system clock in ms. */
  readonly attemptIds: readonly string[]
  readonly atMs: readonly number[]
}

interface Message {
  readonly type: string
  readonly id?: string
  readonly payload?: {
    readonly data?: {
      readonly deliveryAttempts: {
        readonly attempt: { readonly id: string }
        readonly delivery: { readonly webhook: { readonly id: string } }
      }
    } | null
  }
}

interface Subscription {
  readonly webhookId: string | null
  readonly seen: Set<string>
}

/** When no attempt arrives for this time, the missing ones are lost. */
const silenceMs = 20_000
const lookEveryMs = 10

let sockets: WebSocket[] = []
let subscriptions = new Map<string, Subscription>()
let attemptIds: string[] = []
let atMs: number[] = []
let repeated = 0
let misdirected = 0

/** The system clock in ms with a fraction. */
function nowMs(): number {
  return performance.timeOrigin + performance.now()
}

async function subscribe({ webhookIds, ...how }: Subscriptions): Promise<void> {
  ;[attemptIds, atMs, repeated, misdirected] = [[], [], 0, 0]
  subscriptions = new Map(
    webhookIds.map((webhookId, index) => [String(index), { webhookId, seen: new Set<string>() }]),
  )
  const all = [...subscriptions]
  const groups: (typeof all)[] = []
  for (let from = 0; from < all.length; from += perSocket) groups.push(all.slice(from, from + perSocket))
  sockets = await Promise.all(groups.map((group) => open(how, group)))
}

function open(
  { url, key, document }: Omit<Subscriptions, 'webhookIds'>,
  group: readonly (readonly [string, Subscription])[],
): Promise<WebSocket> {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), 'graphql-transport-ws')
  const send = (message: object): void => socket.send(JSON.stringify(message))
  return new Promise<WebSocket>((resolve, reject) => {
    socket.on('error', reject)
    socket.on('close', (code, reason) => {
      if (sockets.includes(socket)) fail(`a socket was closed: ${code} ${String(reason)}`)
    })
    socket.on('open', () => send({ type: 'connection_init', payload: { authorization: `Bearer ${key}` } }))
    socket.on('message', (text: Buffer) => {
      const receivedAtMs = nowMs()
      const message = JSON.parse(text.toString()) as Message
      if (message.type === 'connection_ack') {
        for (const [id, { webhookId }] of group) {
          const variables = { filter: webhookId === null ? {} : { webhookIds: [webhookId] } }
          send({ type: 'subscribe', id, payload: { query: document, variables } })
        }
        resolve(socket)
      } else if (message.type === 'next') receive(message, text, receivedAtMs)
      else if (message.type === 'ping') send({ type: 'pong' })
      else fail(`unexpected: ${text.toString()}`)
    })
  })
}

function receive({ id, payload }: Message, text: Buffer, receivedAtMs: number): void {
  const subscription = subscriptions.get(id ?? '')
  if (payload?.data == null || subscription === undefined) {
    fail(`an event without data: ${text.toString()}`)
    return
  }
  const { attempt, delivery } = payload.data.deliveryAttempts
  if (subscription.seen.has(attempt.id)) repeated += 1
  subscription.seen.add(attempt.id)
  if (subscription.webhookId !== null && delivery.webhook.id !== subscription.webhookId) misdirected += 1
  attemptIds.push(attempt.id)
  atMs.push(receivedAtMs)
}

async function waitFor(count: number): Promise<ReceivedAttempts> {
  const beganMs = nowMs()
  while (attemptIds.length < count && nowMs() - Math.max(beganMs, atMs.at(-1) ?? 0) < silenceMs)
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs))
  const heard = [...subscriptions.values()].filter(({ seen }) => seen.size > 0).length
  return { repeated, misdirected, subscriptions: heard, attemptIds, atMs }
}

function leave(): void {
  const left = sockets
  sockets = []
  for (const socket of left) socket.close(1000)
}

function fail(what: string): void {
  process.stderr.write(`subscribers: ${what}\n`)
  process.exit(1)
}

process.on('message', (command: Command) => {
  const answer = (value: unknown): void => void process.send?.(value ?? 'subscribed')
  if ('subscribe' in command)
    void subscribe(command.subscribe).then(answer, (error: unknown) => fail(String(error)))
  else if ('waitFor' in command) void waitFor(command.waitFor).then(answer)
  else {
    leave()
    answer('left')
  }
})
process.on('disconnect', () => process.exit())
process.send?.('ready')
