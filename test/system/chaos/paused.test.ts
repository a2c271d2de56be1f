/** A process is paused between the claim of a delivery and its request, as by SIGSTOP or a virtual machine that migrates. */
import { setTimeout as pause } from 'node:timers/promises'
import { createServer as createTcpServer, connect as connectTcp, type AddressInfo } from 'node:net'
import { createServer as createHttpsServer } from 'node:https'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import { waitFor } from '../../support/wait-for.ts'
import { endAll, freshFolder, startServer } from '../support/process.ts'
import { createProject, createSite, createWebhook } from '../support/tenant.ts'

const certificatePath = (name: string): string =>
  fileURLToPath(new URL(`../../unit/sender/fixtures/${name}.pem`, import.meta.url))
/** Longer than a request may begin after its claim, and shorter than the lease, whose expiry the sweep would settle. */
const pausedMs = 12_000
const timeoutMs = 15_000

afterAll(endAll)

/** An HTTPS receiver whose handshakes wait until the test calls `letThrough`. */
async function startHeldReceiver() {
  const requests: number[] = []
  const https = createHttpsServer(
    { key: readFileSync(certificatePath('good.key')), cert: readFileSync(certificatePath('good')) },
    (request, response) => {
      request.resume()
      requests.push(performance.now())
      response.end('ok')
    },
  )
  await new Promise<void>((resolve) => https.listen(0, '127.0.0.1', resolve))
  const { port: inner } = https.address() as AddressInfo
  let letThrough = (): void => undefined
  const through = new Promise<void>((resolve) => (letThrough = resolve))
  let connections = 0
  const front = createTcpServer((socket) => {
    connections += 1
    socket.on('error', () => undefined)
    void through.then(() => {
      const back = connectTcp(inner, '127.0.0.1')
      back.on('error', () => socket.destroy()).on('close', () => socket.destroy())
      socket.on('close', () => back.destroy())
      socket.pipe(back).pipe(socket)
    })
  })
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve))
  return {
    url: `https://127.0.0.1:${(front.address() as AddressInfo).port}`,
    requests,
    connections: () => connections,
    letThrough: () => letThrough(),
    close: () => {
      front.close()
      https.close()
      https.closeAllConnections()
    },
  }
}

const attemptsQuery = `query { deliveryAttempts(first: 10) { nodes { number outcome trigger } } }`

it(
  'a delivery whose process was paused for 12 s before its request is sent once, as attempt 1, with no INTERRUPTED attempt',
  { timeout: 120_000 },
  async () => {
    const folder = await freshFolder()
    const receiver = await startHeldReceiver()
    const environment = { DATA_DIR: folder.path, SEND_CA_FILE: certificatePath('ca') }
    const server = await startServer(environment)
    try {
      const project = await createProject(environment)
      const tenant = project.through(server)
      const siteId = await createSite(tenant)
      await createWebhook(tenant, receiver.url, { timeoutMs })
      await tenant.gql(
        `mutation ($input: OrderCreateInput!) { orderCreate(input: $input) { order { id } userErrors { message } } }`,
        { input: { siteId } },
      )
      await waitFor(() => receiver.connections() > 0, { what: 'a connection to the receiver' })

      server.signal('SIGSTOP')
      receiver.letThrough()
      await pause(pausedMs)
      server.signal('SIGCONT')
      const resumedAt = performance.now()

      await waitFor(() => receiver.requests.length > 0, { what: 'the request', deadlineMs: 30_000 })
      await waitFor(() => server.log('lease.released-unsent').length > 0, { what: 'the release' })
      let attempts: readonly unknown[] = []
      await waitFor(
        async () => {
          const page = await tenant.gql<{ deliveryAttempts: { nodes: readonly unknown[] } }>(attemptsQuery)
          attempts = page.deliveryAttempts.nodes
          return attempts.length > 0
        },
        { what: 'the attempt' },
      )
      expect(attempts).toEqual([{ number: 1, outcome: 'SUCCEEDED', trigger: 'SCHEDULE' }])
      expect(receiver.requests).toHaveLength(1)
      expect(receiver.requests[0]).toBeGreaterThan(resumedAt)
    } finally {
      server.signal('SIGCONT')
      server.signal('SIGKILL')
      await server.ended
      receiver.close()
      await folder.remove()
    }
  },
)
