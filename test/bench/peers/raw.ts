/** Measures the ceiling in a separate process: undici alone sends the same request to the same receivers. */
import { Pool } from 'undici'
import { sampleRequest } from '../parts/sample.ts'

const concurrency = 50

export interface RawLoad {
  /** The origins of the receivers, which get the requests in turn. */
  readonly origins: readonly string[]
  readonly requests: number
}

/** Returns the seconds that the requests took. */
async function send({ origins, requests }: RawLoad): Promise<number> {
  const pools = origins.map((origin) => new Pool(origin, { connections: concurrency, pipelining: 1 }))
  const { body, headers } = sampleRequest()
  const bytes = Buffer.from(body)
  const flat = headers.flatMap(({ name, value }) => [name, value])
  let left = requests
  const beganMs = performance.now()
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (left > 0) {
        left -= 1
        const pool = pools[left % pools.length]
        if (pool === undefined) throw new Error('expected an origin')
        const response = await pool.request({ method: 'POST', path: '/raw', headers: flat, body: bytes })
        if (response.statusCode !== 200) throw new Error(`the receiver answered ${response.statusCode}`)
        await response.body.dump()
      }
    }),
  )
  const seconds = (performance.now() - beganMs) / 1000
  await Promise.all(pools.map((pool) => pool.close()))
  return seconds
}

process.on('message', (load: RawLoad) => {
  void send(load).then((seconds) => process.send?.(seconds))
})
process.on('disconnect', () => process.exit())
process.send?.('ready')
