/** The test requests and the check requests before saving of each preset, compared with its document. */
import { describe, expect, test } from 'vitest'
import { mutateOrThrow, mutate } from '../../api/support/fixtures.ts'
import { verifies, senders, type Sender, type ReceivedRequest } from './partner.ts'
import { useSenderFixture, plainHttp } from './sender-fixture.ts'

const fixture = useSenderFixture()

interface TestAttempt {
  readonly attempt: {
    readonly trigger: string
    readonly outcome: string
    readonly statusCode: number
    readonly durationMs: number
    readonly request: { readonly body: string; readonly headers: readonly { name: string; value: string }[] }
  }
}

/** The "Example Post" of FlyBuy's document, without its white space. */
const flybuyExample =
  '{"data":{"type":"order","id":187,"arrived_at":null,"customer_state":"nearby",' +
  '"eta_at":"2019-02-26T17:15:33.645Z","partner_identifier":"24667","state":"completed",' +
  '"redemption_code":"NNSE9J","created_at":"2019-02-26T17:14:50.941Z","updated_at":"2019-02-26T17:55:20.442Z",' +
  '"area_name":null,"customer_id":135,"site_id":43,"site_partner_identifier":"","customer_name":"Brian Johnson",' +
  '"customer_car_type":"Ford Fiesta","customer_car_color":"Red","customer_license_plate":"KLW-9104",' +
  '"pickup_window":null,"customer_state_changed":false,"state_changed":false}}'

const bodyOfTest: Readonly<Record<Sender, (request: ReceivedRequest) => void>> = {
  STANDARD: ({ body }) =>
    expect(JSON.parse(body)).toMatchObject({ type: 'order.state_changed', data: { number: 187 } }),
  FLYBUY: ({ body }) => expect(body).toBe(flybuyExample),
  FLIPDISH: ({ body }) =>
    expect(JSON.parse(body)).toMatchObject({ type: 'order.state_changed', data: { number: 187 } }),
  FOODY: ({ body }) => {
    const keys = ['uid', 'updateDate', 'event', 'token', 'status']
    expect(Object.keys(JSON.parse(body) as object)).toEqual(keys)
    expect(JSON.parse(body)).toMatchObject({ event: 'hook_test' })
  },
  FAST_EVENTS: ({ body }) => expect(body).toBe(''),
}

describe.each(senders)('webhookTest of %s', (preset) => {
  test(`webhookTest of ${preset} sends the documented body with the credentials and returns the duration`, async () => {
    const { tenant, partner, webhook, credentials } = await fixture.registerWebhook({ preset })
    const before = partner.requests.length
    const { attempt } = await mutateOrThrow<TestAttempt>(tenant, 'WebhookTest', { id: webhook.id })

    expect(partner.requests).toHaveLength(before + 1)
    const [request] = partner.requests.slice(-1)
    if (request === undefined) throw new Error('expected the test’s request, found none')
    bodyOfTest[preset](request)
    expect(verifies[preset](credentials, request)).toBe(true)
    expect(attempt).toMatchObject({ trigger: 'TEST', outcome: 'SUCCEEDED', statusCode: 200 })
    expect(attempt.durationMs).toBeGreaterThanOrEqual(0)
    for (const secret of [credentials.secret, credentials.token].filter((one) => one !== null))
      expect(JSON.stringify(attempt), 'the returned request contains no secret').not.toContain(secret)
  })
})

describe.each(senders)('saving a %s webhook', (preset) => {
  const checks = preset === 'FOODY'

  test.each([200, 201, 204, 302, 404, 500])(
    checks
      ? `saving a webhook of ${preset} requires a 200 response to a check request, here %i`
      : `saving a webhook of ${preset} sends no request to a receiver that would answer %i`,
    async (status) => {
      const tenant = await fixture.server().tenant()
      const partner = await fixture.partner()
      partner.script(status)
      const input = { name: 'POS', url: partner.url, topics: ['order.*'], preset, policy: plainHttp() }
      const answer = await mutate<{ webhook: object | null; token: string | null }>(
        tenant,
        'WebhookCreate',
        input,
      )

      expect(partner.requests).toHaveLength(checks ? 1 : 0)
      if (checks) bodyOfTest.FOODY(partner.requests[0] as ReceivedRequest)
      if (!checks || status === 200) {
        expect(answer.userErrors).toEqual([])
        expect(answer.webhook).not.toBeNull()
        return
      }
      expect(answer).toMatchObject({ webhook: null, token: null })
      expect(answer.userErrors).toMatchObject([{ code: 'SAVE_CHECK_FAILED' }])
      expect(answer.userErrors[0]?.message).toContain(String(status))
      const { webhooks } = await tenant.gql<{ webhooks: { nodes: object[] } }>(
        '{ webhooks { nodes { id } } }',
      )
      expect(webhooks.nodes, 'nothing is saved').toEqual([])
    },
  )
})

test('a change of a FOODY webhook is saved only after a check request that is answered with 200', async () => {
  const { tenant, partner, webhook } = await fixture.registerWebhook({ preset: 'FOODY' })
  partner.script(500)
  const refused = await mutate(tenant, 'WebhookUpdate', { id: webhook.id, name: 'Renamed' })
  expect(refused.userErrors).toMatchObject([{ code: 'SAVE_CHECK_FAILED' }])
  const { webhook: kept } = await tenant.gql<{ webhook: { name: string; version: number } }>(
    'query ($id: ID!) { webhook(id: $id) { name version } }',
    { id: webhook.id },
  )
  expect(kept).toEqual({ name: 'POS', version: webhook.version })

  partner.script(200)
  const changed = await mutate(tenant, 'WebhookUpdate', { id: webhook.id, name: 'Renamed' })
  expect(changed.userErrors).toEqual([])
})

test('a FOODY check request without an answer fails with a message that names the time limit', async () => {
  const tenant = await fixture.server().tenant()
  const partner = await fixture.partner()
  partner.script(() => undefined)
  const policy = plainHttp({ timeoutMs: 1_000 })
  const input = { name: 'POS', url: partner.url, topics: ['order.*'], preset: 'FOODY', policy }
  const { userErrors } = await mutate(tenant, 'WebhookCreate', input)
  expect(userErrors).toMatchObject([{ code: 'SAVE_CHECK_FAILED' }])
  expect(userErrors[0]?.message).toMatch(/no answer within 1000 ms/)
})
