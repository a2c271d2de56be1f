/** Every preset over TLS, with a private certificate authority that SEND_CA_FILE names, and without it. */
import { describe, expect, test } from 'vitest'
import { mutateOrThrow, mutate } from '../../api/support/fixtures.ts'
import { caFile, verifies, senders } from './partner.ts'
import { useSenderFixture, singleAttempt, deliverOrders } from './sender-fixture.ts'

describe('SEND_CA_FILE with a private authority', () => {
  const fixture = useSenderFixture({ SEND_CA_FILE: caFile, SEND_ALLOW_HTTP: 'false' })

  test.each(senders)(
    'a webhook of %s is saved, tested and delivered over https with a certificate of SEND_CA_FILE',
    async (preset) => {
      const registered = await fixture.registerWebhook({ preset, tls: true })
      const { attempt } = await mutateOrThrow<{ attempt: object }>(registered.tenant, 'WebhookTest', {
        id: registered.webhook.id,
      })
      const [delivery] = await deliverOrders(registered, 1)

      expect(attempt).toMatchObject({ outcome: 'SUCCEEDED', statusCode: 200 })
      expect(delivery).toMatchObject({ state: 'DELIVERED', attemptCount: 1 })
      const requests = registered.partner.requests.map((request) =>
        verifies[preset](registered.credentials, request),
      )
      expect(requests.slice(-2)).toEqual([true, true])
    },
  )

  test.each(senders)(
    'a webhook of %s with a plain http URL is refused when SEND_ALLOW_HTTP is false',
    async (preset) => {
      const tenant = await fixture.server().tenant()
      const partner = await fixture.partner()
      const input = { name: 'POS', url: partner.url, topics: ['order.*'], preset }
      const { userErrors } = await mutate(tenant, 'WebhookCreate', input)
      expect(userErrors).toMatchObject([{ code: 'URL_NOT_HTTPS', field: ['url'] }])
    },
  )
})

describe('private authority without SEND_CA_FILE', () => {
  const fixture = useSenderFixture()

  test.each(senders.filter((preset) => preset !== 'FOODY'))(
    'attempts of %s fail with TLS_FAILED when the certificate of the receiver is not trusted',
    async (preset) => {
      const registered = await fixture.registerWebhook({ preset, policy: singleAttempt, tls: true })
      const [delivery] = await deliverOrders(registered, 1)
      expect(delivery?.attempts.nodes).toMatchObject([{ outcome: 'TLS_FAILED', statusCode: null }])
      expect(registered.partner.requests).toEqual([])
    },
  )

  test('a FOODY webhook is not saved when the certificate of its receiver is not trusted', async () => {
    const tenant = await fixture.server().tenant()
    const partner = await fixture.partner(true)
    const input = { name: 'POS', url: partner.url, topics: ['order.*'], preset: 'FOODY' }
    const { userErrors } = await mutate(tenant, 'WebhookCreate', input)
    expect(userErrors).toMatchObject([{ code: 'SAVE_CHECK_FAILED' }])
    expect(partner.requests).toEqual([])
  })

  test('a FAST_EVENTS webhook with a plain http URL is refused although the installation allows http', async () => {
    const tenant = await fixture.server().tenant()
    const partner = await fixture.partner()
    const input = { name: 'POS', url: partner.url, topics: ['order.*'], preset: 'FAST_EVENTS' }
    const { userErrors } = await mutate(tenant, 'WebhookCreate', input)
    expect(userErrors).toMatchObject([{ code: 'URL_NOT_HTTPS', field: ['url'] }])
  })
})
