/**
 * Receivers in a separate process that accept connections and requests and never answer. The argument is the number of
 * listeners. Sends their ports. Closes its connections on any message, and returns their number.
 */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'

const sockets = new Set<Socket>()

async function listen(): Promise<number> {
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined)
    socket.resume()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', 4_096, resolve))
  return (server.address() as AddressInfo).port
}

process.on('message', () => {
  process.send?.(sockets.size)
  for (const socket of sockets) socket.destroy()
})
process.on('disconnect', () => process.exit())
void Promise.all(Array.from({ length: Number(process.argv[2] ?? 1) }, listen)).then((ports) =>
  process.send?.(ports),
)
