/** Sends GraphQL operations over a number of connections, in a separate process. */
import { Pool } from 'undici'

export interface HttpLoad {
  readonly url: string
  /** The key; the header is left out without one. */
  readonly key?: string
  /** The bodies, one after another and then again from the first. */
  readonly bodies: readonly string[]
  readonly requests: number
  readonly connections: number
}

/** The requests per second, and the data of the last response. */
export interface LoadResult {
  readonly perSecond: number
  readonly data: unknown
}

async function send({ url, key, bodies, requests, connections }: HttpLoad): Promise<LoadResult> {
  const { origin, pathname } = new URL(url)
  const pool = new Pool(origin, { connections, pipelining: 1 })
  const headers = {
    'content-type': 'application/json',
    ...(key !== undefined && { authorization: `Bearer ${key}` }),
  }
  let sent = 0
  let data: unknown
  const beganMs = performance.now()
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (sent < requests) {
        const body = bodies[sent % bodies.length] ?? ''
        sent += 1
        const response = await pool.request({ method: 'POST', path: pathname, headers, body })
        const text = await response.body.text()
        if (response.statusCode !== 200 || text.includes('"errors"') || /"userErrors":\[\{/.test(text))
          throw new Error(`${url} answered ${response.statusCode}: ${text}`)
        ;({ data } = JSON.parse(text) as { data: unknown })
      }
    }),
  )
  const seconds = (performance.now() - beganMs) / 1_000
  await pool.close()
  return { perSecond: requests / seconds, data }
}

process.on('message', (command: HttpLoad) => {
  void send(command).then((result) => process.send?.(result))
})
process.on('disconnect', () => process.exit())
process.send?.('ready')
