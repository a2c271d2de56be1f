/**
 * The bench's subscribers, in a process of their own: one subscription for each webhook, as many on a socket as it may
 * have. They count what they hear, and mind what is not theirs or comes twice.
 */
import { WebSocket } from 'ws'

const perSocket = 20

/** What the bench asks: to follow these webhooks, to wait for so many attempts, to leave. */
export type Wish =
  | { readonly follow: Following }
  /** Answers once so many were heard in all, or nothing was for a while. */
  | { readonly hear: number }
  | { readonly leave: true }

export interface Following {
  readonly url: string
  readonly key: string
  readonly document: string
  readonly webhookIds: readonly string[]
}

export interface Heard {
  readonly attempts: number
  /** Attempts that came more than once. */
  readonly repeated: number
  /** Of a webhook that the subscription did not ask for. */
  readonly strange: number
  /** Subscriptions that heard something. */
  readonly subscriptions: number
  /** When the last was heard, by the wall's clock, in ms. */
  readonly lastAtMs: number
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

/** Nothing heard for so long: what is missing does not come. */
const silenceMs = 20_000
const lookEveryMs = 10

let sockets: WebSocket[] = []
let seen = new Set<string>()
let speakers = new Set<string>()
let repeated = 0
let strange = 0
let lastAtMs = 0

async function follow({ webhookIds, ...how }: Following): Promise<void> {
  ;[seen, speakers, repeated, strange] = [new Set(), new Set(), 0, 0]
  const groups: (readonly string[])[] = []
  for (let from = 0; from < webhookIds.length; from += perSocket)
    groups.push(webhookIds.slice(from, from + perSocket))
  sockets = await Promise.all(groups.map((group) => open(how, group)))
}

function open({ url, key, document }: Omit<Following, 'webhookIds'>, webhookIds: readonly string[]) {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), 'graphql-transport-ws')
  const say = (message: object): void => socket.send(JSON.stringify(message))
  return new Promise<WebSocket>((resolve, reject) => {
    socket.on('error', reject)
    socket.on('close', (code, reason) => {
      if (sockets.includes(socket)) fail(`a socket was closed: ${code} ${String(reason)}`)
    })
    socket.on('open', () => say({ type: 'connection_init', payload: { authorization: `Bearer ${key}` } }))
    socket.on('message', (text: Buffer) => {
      const message = JSON.parse(text.toString()) as Message
      if (message.type === 'connection_ack') {
        for (const id of webhookIds) {
          const variables = { filter: { webhookIds: [id] } }
          say({ type: 'subscribe', id, payload: { query: document, variables } })
        }
        resolve(socket)
      } else if (message.type === 'next') hear(message, text)
      else if (message.type === 'ping') say({ type: 'pong' })
      else fail(`unexpected: ${text.toString()}`)
    })
  })
}

function hear({ id, payload }: Message, text: Buffer): void {
  if (payload?.data == null) {
    fail(`an event without data: ${text.toString()}`)
    return
  }
  const { attempt, delivery } = payload.data.deliveryAttempts
  if (seen.has(attempt.id)) repeated += 1
  seen.add(attempt.id)
  if (delivery.webhook.id !== id) strange += 1
  speakers.add(delivery.webhook.id)
  lastAtMs = Date.now()
}

async function heard(count: number): Promise<Heard> {
  lastAtMs = Math.max(lastAtMs, Date.now() - silenceMs / 2)
  while (seen.size < count && Date.now() - lastAtMs < silenceMs)
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs))
  return { attempts: seen.size, repeated, strange, subscriptions: speakers.size, lastAtMs }
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

process.on('message', (wish: Wish) => {
  const answer = (value: unknown): void => void process.send?.(value ?? 'following')
  if ('follow' in wish) void follow(wish.follow).then(answer, (error: unknown) => fail(String(error)))
  else if ('hear' in wish) void heard(wish.hear).then(answer)
  else {
    leave()
    answer('left')
  }
})
process.on('disconnect', () => process.exit())
process.send?.('ready')
