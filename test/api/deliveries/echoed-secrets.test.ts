/** Receivers that return the whole request in their response: the credentials in it stay masked. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { presets } from '../../../src/domain/webhooks/preset.ts'
import { sharedTestServer, type TestServer } from '../../support/server.ts'
import { createOrder, mutateOrThrow, waitForSettled, type Input } from '../support/fixtures.ts'

let server: TestServer
const echo = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [`x-echo-${name}`, String(value)]),
    )
    response.writeHead(200, headers)
    response.end(JSON.stringify({ headers: request.rawHeaders, body: Buffer.concat(chunks).toString() }))
  })
})
beforeAll(async () => {
  server = await sharedTestServer()
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve))
})
afterAll(async () => {
  echo.close()
  echo.closeAllConnections()
  await server.close()
})

test.each(presets)(
  'a %s receiver that echoes its requests reveals no secret in the API or in the stored responses',
  async (preset) => {
    const tenant = await server.tenant()
    const { port } = echo.address() as AddressInfo
    const token = { FLYBUY: 'FFCPUG2A', FOODY: '4ded1606cd25421398b2de069f1f2cdd' }[preset as string]
    const input: Input = {
      ...{ name: 'Echo', url: `http://127.0.0.1:${port}/`, topics: ['order.*'], preset, token },
      headers: [
        { name: 'X-Api-Key', value: 'canary/7+é' },
        { name: 'Cookie', value: 'session=canary' },
      ],
      policy: { httpsOnly: false },
    }
    const { webhook } = await mutateOrThrow<{ webhook: { id: string } }>(tenant, 'WebhookCreate', input)
    const testPayload = await mutateOrThrow(tenant, 'WebhookTest', { id: webhook.id })
    await createOrder(tenant)
    await waitForSettled(tenant, { webhookIds: [webhook.id] })
    const query = `{ deliveryAttempts(first: 10) { nodes { trigger response { headers { name value } body } } } }`
    const shown = JSON.stringify([testPayload, await tenant.gql(query)])
    const stored = await server.connections.sql<{ text: string }[]>`
      select convert_from(response_body, 'LATIN1') || response_headers as text
      from attempt_contents where project_id = ${tenant.projectId}`

    expect(stored).toHaveLength(2)
    expect(shown).toContain('x-echo-x-api-key')
    for (const text of [shown, ...stored.map((row) => row.text)]) {
      expect(text).toContain('[masked]')
      expect(text).not.toMatch(/canary|FFCPUG2A|4ded1606cd25421398b2de069f1f2cdd|v1,[\w+/]{20}/)
    }
  },
)
