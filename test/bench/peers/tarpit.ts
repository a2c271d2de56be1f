/**
 * Receivers in a separate process that accept connections and requests and never answer. The argument is the number of
 * listeners. Sends their ports, and returns the number of requests on request.
 */
import { createServer, type AddressInfo, type Server } from 'node:net'

let requests = 0

async function listen(): Promise<number> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => (requests += 1))
    socket.resume()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', 4_096, resolve))
  return (server.address() as AddressInfo).port
}

process.on('message', () => process.send?.(requests))
process.on('disconnect', () => process.exit())
void Promise.all(Array.from({ length: Number(process.argv[2] ?? 1) }, listen)).then((ports) =>
  process.send?.(ports),
)
