/** Real receivers on loopback for the tests of the sender, and a sender that is allowed to reach them. */
import { readFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createRawServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import { afterEach, beforeEach } from 'vitest'
import type { SendResult } from '../../../src/domain/deliveries/outcome.ts'
import type { SendRequest } from '../../../src/ports/sender.ts'
import { makeSender, type GuardedSender, type SenderOptions } from '../../../src/sender/sender.ts'
import { waitFor as waitForCondition } from '../../support/wait-for.ts'

const cleanups: (() => Promise<void>)[] = []

/** Tests of one file may run concurrently. */
let runningTests = 0

beforeEach(() => {
  runningTests += 1
})
afterEach(async () => {
  runningTests -= 1
  if (runningTests > 0) return
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

export interface Receiver {
  readonly port: number
  readonly url: string
  /** The number of connections that were opened to it. */
  connections(): number
  /** Resets a connection, with TLS or without. */
  readonly reset: (socket: Socket) => void
}

export function fixture(name: string): string {
  return readFileSync(new URL(`fixtures/${name}.pem`, import.meta.url), 'utf8')
}

export function httpReceiver(answer: RequestListener, host = '127.0.0.1'): Promise<Receiver> {
  return listening(createServer(answer), host, 'http')
}

/** Calls `answer` for each complete request, which writes raw bytes to the socket. */
export function rawReceiver(answer: (socket: Socket, request: string) => void): Promise<Receiver> {
  return listening(createRawServer(talking(answer)), '127.0.0.1', 'http')
}

export function tlsReceiver(
  options: TlsOptions,
  host = '127.0.0.1',
  answer: (socket: Socket, request: string) => void = (socket) =>
    socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'),
): Promise<Receiver> {
  return listening(createTlsServer(options, talking(answer)), host, 'https')
}

export function makeTestSender(options: Partial<SenderOptions> = {}): GuardedSender {
  const sender = makeSender({
    allowedNetworks: ['127.0.0.0/8', '::1/128'],
    allowHttp: true,
    maxPerHost: 10_000,
    ...options,
  })
  cleanups.push(() => sender.close())
  return sender
}

export function buildRequest(url: string, changes: Partial<SendRequest> = {}): SendRequest {
  const body = Buffer.from('{"a":1}')
  const headers = [{ name: 'Content-Type', value: 'application/json' }]
  return { projectId: 'prj_1', url, headers, body, timeoutMs: 5_000, httpsOnly: false, ...changes }
}

export function canListen(host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createRawServer()
    server.on('error', () => resolve(false))
    server.listen(0, host, () => server.close(() => resolve(true)))
  })
}

/** A port on loopback on which no server listens. */
export function closedPort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createRawServer()
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}

export function waitFor(condition: () => boolean): Promise<void> {
  return waitForCondition(condition, { what: condition.toString() })
}

function talking(answer: (socket: Socket, request: string) => void): (socket: Socket) => void {
  return (socket) => {
    let request = ''
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => {
      request += chunk.toString('latin1')
      if (!isWhole(request)) return
      const whole = request
      request = ''
      answer(socket, whole)
    })
  }
}

/** The stored body of the response, as text. */
export function textOf(result: SendResult): string {
  return Buffer.from(result.response?.body ?? []).toString('latin1')
}

/** Writes every 20 ms until the other side closes the connection. */
export function drip(socket: Socket, words: (tick: number) => string, onClose: () => void): void {
  let tick = 0
  const timer = setInterval(() => socket.write(words(tick++)), 20)
  socket.on('close', () => {
    clearInterval(timer)
    onClose()
  })
}

function isWhole(request: string): boolean {
  const [head = '', body] = request.split('\r\n\r\n', 2)
  return body !== undefined && body.length >= Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)
}

async function listening(server: Server, host: string, scheme: string): Promise<Receiver> {
  const sockets = new Set<Socket>()
  let connections = 0
  server.on('connection', (socket: Socket) => {
    connections += 1
    sockets.add(socket)
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  cleanups.push(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  const { port } = server.address() as AddressInfo
  const name = host.includes(':') ? `[${host}]` : host
  const reset = ({ remotePort }: Socket): void => {
    for (const socket of sockets) if (socket.remotePort === remotePort) socket.resetAndDestroy()
  }
  return { port, url: `${scheme}://${name}:${port}/hook`, connections: () => connections, reset }
}
