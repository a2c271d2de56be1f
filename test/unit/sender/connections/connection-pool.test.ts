import { connect, type Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import {
  makeConnectionPool,
  type Connection,
  type ConnectionPool,
} from '../../../../src/sender/connection-pool.ts'
import { httpReceiver, waitFor } from '../receiver.ts'

const limits = { perOrigin: 10, idle: 3 }

describe('connection pool', () => {
  it('connections that the receiver closes are removed from the pool together with their origin', async () => {
    const sockets = new Set<Socket>()
    const receiver = await httpReceiver((request, response) => {
      sockets.add(request.socket)
      response.end('ok')
    })
    const connections = dialling(receiver.port)
    for (let origin = 0; origin < 3; origin += 1) await use(connections, `http://o${origin}.example.com`)
    expect(connections.count()).toEqual({ origins: 3, open: 3 })
    for (const socket of sockets) socket.destroy()
    await waitFor(() => connections.count().origins === 0)
    expect(connections.count()).toEqual({ origins: 0, open: 0 })
  })

  it('the number of idle connections over all origins is limited to 3 when the limit is 3', async () => {
    const receiver = await httpReceiver((_request, response) => response.end('ok'))
    const connections = dialling(receiver.port)
    for (let origin = 0; origin < 8; origin += 1) await use(connections, `http://o${origin}.example.com`)
    expect(connections.count()).toEqual({ origins: 3, open: 3 })
    connections.close()
    expect(connections.count()).toEqual({ origins: 0, open: 0 })
  })
})

function dialling(port: number): ConnectionPool {
  const dial = async () => {
    const socket = connect(port, '127.0.0.1')
    await new Promise((resolve) => socket.once('connect', resolve))
    return socket
  }
  return makeConnectionPool(dial, limits)
}

/** Sends one request over a connection to the origin and releases the connection. */
function use(connections: ConnectionPool, origin: string): Promise<void> {
  return new Promise((resolve, reject) => {
    connections.take('prj_1', origin, {
      trace: { dnsMs: null, connectMs: null, tlsMs: null, address: null },
      isOver: () => false,
      begin(connection: Connection) {
        connection.client.dispatch(
          { path: '/', method: 'POST', body: '' },
          {
            onRequestStart: () => connection.expectHead(),
            onResponseStart: () => undefined,
            onResponseData: () => undefined,
            onResponseEnd: () => {
              connections.release(connection)
              resolve()
            },
            onResponseError: (_controller, error) => reject(error),
          },
        )
      },
    })
  })
}
