/** The request of webhookTest and of the check on save, for a webhook that may not be saved yet. */
import { describe, expect, test } from 'vitest'
import { sendTestRequest } from '../../../src/dispatch/test-request.ts'
import type { Header } from '../../../src/domain/deliveries/outcome.ts'
import type { SendRequest } from '../../../src/ports/sender.ts'
import { buildWebhook, buildId, answered, noon } from '../../support/samples.ts'
import { makeFakes } from './fakes.ts'

const nothing = {
  response: null,
  resolvedAddress: null,
  resentOnNewConnection: false,
  durationMs: 12,
  phases: { dnsMs: null, connectMs: null, tlsMs: null, firstByteMs: 9 },
}
const token = '2b100082b90d4ad9b4fezzed960cf652'

async function tested(
  preset: 'STANDARD' | 'FOODY' | 'FAST_EVENTS',
  status: number,
  onSend: (request: SendRequest) => void = () => undefined,
) {
  const requests: SendRequest[] = []
  const { fakes } = makeFakes()
  const sender = {
    ...fakes.sender,
    send: (request: SendRequest) => {
      requests.push(request)
      onSend(request)
      return Promise.resolve({ ...nothing, answer: answered(status) })
    },
  }
  const sent = await sendTestRequest(
    { ...fakes, sender },
    {
      projectId: 'prj_1',
      webhookId: buildId('whk'),
      webhook: buildWebhook({ preset, dialect: preset, overrides: { timeoutMs: 3_000 } }),
      credentials: {
        headers: [],
        secrets: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
        token: preset === 'FOODY' ? token : null,
      },
      at: noon,
    },
  )
  return { sent, requests }
}

describe('test request', () => {
  test('the test request of Foody contains the token, and the returned request masks it', async () => {
    const { sent, requests } = await tested('FOODY', 200)
    expect(requests).toHaveLength(1)
    const body = Buffer.from(requests[0]?.body ?? []).toString('utf8')
    expect(JSON.parse(body)).toMatchObject({ event: 'hook_test', token })
    expect(JSON.parse(sent.shown.body)).toMatchObject({ event: 'hook_test', token: '[masked]' })
    expect(JSON.stringify(sent)).not.toContain(token)
  })

  test.each([
    ['FOODY', 200, true],
    ['FOODY', 201, false],
    ['FOODY', 302, false],
    ['STANDARD', 201, true],
    ['STANDARD', 302, false],
  ] as const)(
    'a test request of %s that is answered with %i has success: %s',
    async (preset, status, success) => {
      const { sent } = await tested(preset, status)
      expect(sent.success).toBe(success)
      if (success) expect(sent.detail).toBeNull()
      else expect(sent.detail).toContain(`answered ${status}`)
    },
  )

  test("a test request uses the policy's time limit, and each has a new attempt id and event id", async () => {
    const [first, second] = [await tested('FOODY', 200), await tested('FOODY', 200)]
    expect(first.requests[0]).toMatchObject({ projectId: 'prj_1', timeoutMs: 3_000, httpsOnly: false })
    expect(first.sent.attemptId).not.toBe(second.sent.attemptId)
    expect(first.sent.event.id).not.toBe(second.sent.event.id)
  })

  test.each([
    ['FAST_EVENTS', 'X-FE-Webhook-Delivery-ID', false],
    ['STANDARD', 'webhook-id', true],
    ['STANDARD', 'webhook-signature', true],
  ] as const)(
    'when a test request of %s is sent twice, the second has the same %s: %s',
    async (preset, name, isSame) => {
      const { sent, requests } = await tested(preset, 200)
      const [first] = requests
      const again = first?.writeAgain?.()
      const valueOf = (headers: readonly Header[] = []) =>
        headers.find((header) => header.name === name)?.value
      expect(valueOf(again?.headers)).toMatch(/./)
      expect(valueOf(again?.headers) === valueOf(first?.headers)).toBe(isSame)
      expect(again?.body).toEqual(first?.body)
      expect(sent.attemptId).toMatch(/^att_/)
    },
  )

  test('a FAST_EVENTS test request that is sent twice is recorded under the id of the second request', async () => {
    let second: string | undefined
    const { sent } = await tested('FAST_EVENTS', 200, ({ writeAgain }) => {
      second = writeAgain?.().headers.find(({ name }) => name === 'X-FE-Webhook-Delivery-ID')?.value
    })
    expect(sent.attemptId).toBe(second)
    expect(sent.shown.headers).toContainEqual({ name: 'X-FE-Webhook-Delivery-ID', value: second })
  })
})
