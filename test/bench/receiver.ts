/** The bench's receiver, in a process of its own: answers as fast as it can, or (path /slow) after five seconds. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const slowMs = 5_000

const server = createServer((request, response) => {
  request.resume()
  request.on('end', () => {
    if (request.url === '/slow') setTimeout(() => response.writeHead(200).end(), slowMs)
    else response.writeHead(200, { 'content-length': '0' }).end()
  })
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))

process.on('disconnect', () => process.exit())
