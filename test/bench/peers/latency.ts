/**
 * Sends changes at a steady rate and receives their deliveries in the same process, so that one clock measures the time
 * from the sending of the change to the arrival of the delivery. Sends the origin of its receiver when it is ready.
 */
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import postgres from 'postgres'
import { Pool } from 'undici'
import { system } from '../../../src/runtime/system.ts'
import { data, sampleRequest, topic } from '../parts/sample.ts'

export interface LatencyLoad {
  readonly perSecond: number
  readonly changes: number
  /** Events published through the API; or, as the ceiling, one commit of the same rows and one POST. */
  readonly by: ThroughApi | Bare
}

interface ThroughApi {
  readonly url: string
  readonly key: string
}

interface Bare {
  readonly databaseUrl: string
  readonly projectId: string
  readonly webhookId: string
}

/** When no delivery arrives for this time, the missing ones are lost. */
const silenceMs = 30_000
const connections = 16
const publish = `mutation ($input: EventPublishInput!) { eventPublish(input: $input) { event { id } userErrors { message } } }`

/** When each change was sent, by its number, and how long its first delivery took. */
let sentAtMs = new Map<number, number>()
let tookMs = new Map<number, number>()
let lastAtMs = 0

async function receive(request: IncomingMessage, atMs: number): Promise<void> {
  const { data: sent } = JSON.parse(await text(request)) as { data: { number: number } }
  const beganMs = sentAtMs.get(sent.number)
  if (beganMs === undefined || tookMs.has(sent.number)) return
  tookMs.set(sent.number, atMs - beganMs)
  lastAtMs = atMs
}

type Send = (number: number) => Promise<void>

function throughApi({ url, key }: ThroughApi, pool: Pool): Send {
  const { pathname } = new URL(url)
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` }
  return async (number) => {
    const input = { topic: 'menu.updated', data: numbered(number) }
    const body = JSON.stringify({ query: publish, variables: { input } })
    const response = await pool.request({ method: 'POST', path: pathname, headers, body })
    const answer = await response.body.text()
    if (response.statusCode !== 200 || !answer.includes('"userErrors":[]'))
      throw new Error(`${url} answered ${response.statusCode}: ${answer}`)
  }
}

function bare({ projectId, webhookId }: Bare, pool: Pool, sql: postgres.Sql): Send {
  const headers = sampleRequest().headers.flatMap(({ name, value }) => [name, value])
  return async (number) => {
    const [eventId, deliveryId] = [system.newId('event'), system.newId('delivery')]
    const body = JSON.stringify({ data: numbered(number) })
    await sql.begin(
      (tx) => tx`
        with event as (
          insert into events (id, project_id, topic, data, delivery_count, created_at)
          values (${eventId}, ${projectId}, ${topic}, ${body}, 1, now())
        )
        insert into deliveries (id, project_id, webhook_id, event_id, topic, state, created_at, finished_at)
        values (${deliveryId}, ${projectId}, ${webhookId}, ${eventId}, ${topic}, 'DELIVERED', now(), now())`,
    )
    const response = await pool.request({ method: 'POST', path: '/', headers, body })
    await response.body.dump()
  }
}

function numbered(number: number): object {
  return { ...(JSON.parse(data) as object), number }
}

/** Returns the time of each delivery in ms. */
async function measure({ perSecond, changes, by }: LatencyLoad, origin: string): Promise<readonly number[]> {
  sentAtMs = new Map()
  tookMs = new Map()
  const pool = new Pool('url' in by ? new URL(by.url).origin : origin, { connections, pipelining: 1 })
  const sql = 'url' in by ? undefined : postgres(by.databaseUrl, { max: connections })
  const send = 'url' in by ? throughApi(by, pool) : bare(by, pool, sql ?? postgres())
  const beganMs = performance.now()
  const sending: Promise<void>[] = []
  for (let number = 0; number < changes; number += 1) {
    await pause(Math.max(0, beganMs + (number * 1_000) / perSecond - performance.now()))
    sentAtMs.set(number, performance.now())
    sending.push(send(number))
  }
  await Promise.all(sending)
  lastAtMs = performance.now()
  while (tookMs.size < changes && performance.now() - lastAtMs < silenceMs) await pause(10)
  await Promise.all([pool.close(), sql?.end()])
  if (tookMs.size < changes) throw new Error(`${changes - tookMs.size} of ${changes} deliveries are lost`)
  return [...tookMs.values()]
}

const server = createServer((request, response) => {
  void receive(request, performance.now()).then(() =>
    response.writeHead(200, { 'content-length': '0' }).end(),
  )
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => {
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  process.on('message', (load: LatencyLoad) => {
    void measure(load, origin).then((times) => process.send?.(times))
  })
  process.send?.(origin)
})
process.on('disconnect', () => process.exit())
