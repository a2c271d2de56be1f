/**
 * The receiver of a bench in a separate process. Answers at once, or after five seconds for paths below /slow/. Counts
 * requests by path and returns the count of a path on request.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const slowMs = 5_000

const counts = new Map<string, number>()
const server = createServer((request, response) => {
  const path = request.url ?? ''
  counts.set(path, (counts.get(path) ?? 0) + 1)
  request.resume()
  request.on('end', () => {
    if (path.startsWith('/slow/')) setTimeout(() => response.writeHead(200).end(), slowMs)
    else response.writeHead(200, { 'content-length': '0' }).end()
  })
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))

process.on('message', (path: string) => process.send?.(counts.get(path) ?? 0))
process.on('disconnect', () => process.exit())
