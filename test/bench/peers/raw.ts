/** Measures the ceiling in a separate process: undici alone sends the same request to the same receiver. */
import { Pool } from 'undici'
import { sampleRequest } from '../sample.ts'

const concurrency = 50

async function requestsPerSecond(url: string, requests: number): Promise<number> {
  const { origin, pathname } = new URL(url)
  const pool = new Pool(origin, { connections: concurrency, pipelining: 1 })
  const { body, headers } = sampleRequest()
  const bytes = Buffer.from(body)
  const flat = headers.flatMap(({ name, value }) => [name, value])
  let left = requests
  const beganMs = performance.now()
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (left > 0) {
        left -= 1
        const response = await pool.request({ method: 'POST', path: pathname, headers: flat, body: bytes })
        if (response.statusCode !== 200) throw new Error(`the receiver answered ${response.statusCode}`)
        await response.body.dump()
      }
    }),
  )
  const seconds = (performance.now() - beganMs) / 1000
  await pool.close()
  return requests / seconds
}

process.on('message', ({ url, requests }: { url: string; requests: number }) => {
  void requestsPerSecond(url, requests).then((rate) => process.send?.(rate))
})
process.on('disconnect', () => process.exit())
process.send?.('ready')
