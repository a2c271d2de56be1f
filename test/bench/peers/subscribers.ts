/**
 * The subscribers of a bench in a separate process: one subscription for each webhook, 20 on each socket. They count the
 * attempts they receive, and those that are repeated or of another webhook.
 */
import { WebSocket } from 'ws'

const perSocket = 20

/** A command of the bench: subscribe to these webhooks, wait for this many attempts, or leave. */
export type Command =
  | { readonly subscribe: Subscriptions }
  /** Answers once this many attempts were received in total, or none was for a while. */
  | { readonly waitFor: number }
  | { readonly leave: true }

export interface Subscriptions {
  readonly url: string
  readonly key: string
  readonly document: string
  readonly webhookIds: readonly string[]
}

export interface ReceivedCounts {
  readonly attempts: number
  /** Attempts that were received more than once. */
  readonly repeated: number
  /** Attempts of another webhook than that of the subscription. */
  readonly misdirected: number
  /** Subscriptions that received an attempt. */
  readonly subscriptions: number
  /** The time of the last attempt on the system clock, in ms. */
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

/** When no attempt arrives for this time, the missing ones are lost. */
const silenceMs = 20_000
const lookEveryMs = 10

let sockets: WebSocket[] = []
let seen = new Set<string>()
let webhooksSeen = new Set<string>()
let repeated = 0
let misdirected = 0
let lastAtMs = 0

async function subscribe({ webhookIds, ...how }: Subscriptions): Promise<void> {
  ;[seen, webhooksSeen, repeated, misdirected] = [new Set(), new Set(), 0, 0]
  const groups: (readonly string[])[] = []
  for (let from = 0; from < webhookIds.length; from += perSocket)
    groups.push(webhookIds.slice(from, from + perSocket))
  sockets = await Promise.all(groups.map((group) => open(how, group)))
}

function open({ url, key, document }: Omit<Subscriptions, 'webhookIds'>, webhookIds: readonly string[]) {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), 'graphql-transport-ws')
  const send = (message: object): void => socket.send(JSON.stringify(message))
  return new Promise<WebSocket>((resolve, reject) => {
    socket.on('error', reject)
    socket.on('close', (code, reason) => {
      if (sockets.includes(socket)) fail(`a socket was closed: ${code} ${String(reason)}`)
    })
    socket.on('open', () => send({ type: 'connection_init', payload: { authorization: `Bearer ${key}` } }))
    socket.on('message', (text: Buffer) => {
      const message = JSON.parse(text.toString()) as Message
      if (message.type === 'connection_ack') {
        for (const id of webhookIds) {
          const variables = { filter: { webhookIds: [id] } }
          send({ type: 'subscribe', id, payload: { query: document, variables } })
        }
        resolve(socket)
      } else if (message.type === 'next') receive(message, text)
      else if (message.type === 'ping') send({ type: 'pong' })
      else fail(`unexpected: ${text.toString()}`)
    })
  })
}

function receive({ id, payload }: Message, text: Buffer): void {
  if (payload?.data == null) {
    fail(`an event without data: ${text.toString()}`)
    return
  }
  const { attempt, delivery } = payload.data.deliveryAttempts
  if (seen.has(attempt.id)) repeated += 1
  seen.add(attempt.id)
  if (delivery.webhook.id !== id) misdirected += 1
  webhooksSeen.add(delivery.webhook.id)
  lastAtMs = Date.now()
}

async function waitFor(count: number): Promise<ReceivedCounts> {
  lastAtMs = Math.max(lastAtMs, Date.now() - silenceMs / 2)
  while (seen.size < count && Date.now() - lastAtMs < silenceMs)
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs))
  return { attempts: seen.size, repeated, misdirected, subscriptions: webhooksSeen.size, lastAtMs }
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
