/**
 * The receivers of a bench in a separate process, one at each of as many ports as the argument says. Answers at once, with
 * 500 for paths below /failing/, and after five seconds for paths below /slow/. Counts requests by path and returns the
 * count of a path on request.
 */
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

const slowMs = 5_000

const counts = new Map<string, number>()

const receive: RequestListener = (request, response) => {
  const path = request.url ?? ''
  counts.set(path, (counts.get(path) ?? 0) + 1)
  request.resume()
  request.on('end', () => {
    if (path.startsWith('/slow/')) setTimeout(() => response.writeHead(200).end(), slowMs)
    else response.writeHead(path.startsWith('/failing/') ? 500 : 200, { 'content-length': '0' }).end()
  })
}

async function listen(): Promise<string> {
  const server = createServer(receive)
  server.keepAliveTimeout = 60_000
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

process.on('message', (path: string) => process.send?.(counts.get(path) ?? 0))
process.on('disconnect', () => process.exit())
void Promise.all(Array.from({ length: Number(process.argv[2] ?? 1) }, listen)).then((urls) =>
  process.send?.(urls),
)
