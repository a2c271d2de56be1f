/** Every preset over TLS, with a private certificate authority that SEND_CA_FILE names, and without it. */
import { describe, expect, test } from 'vitest'
import { mutateOrThrow, mutate } from '../../api/support/fixtures.ts'
import { caFile, proves, senders } from './partner.ts'
import { makeFixture, once, ringTimes } from './sender-fixture.ts'

describe('SEND_CA_FILE with a private authority', () => {
  const fixture = makeFixture({ SEND_CA_FILE: caFile, SEND_ALLOW_HTTP: 'false' })

  test.each(senders)(
    'a webhook of %s is saved, tested and delivered over https with a certificate of SEND_CA_FILE',
    async (preset) => {
      const scene = await fixture.scene({ preset, tls: true })
      const { attempt } = await mutateOrThrow<{ attempt: object }>(scene.tenant, 'WebhookTest', {
        id: scene.webhook.id,
      })
      const delivery = await ringTimes(scene, 1)

      expect(attempt).toMatchObject({ outcome: 'SUCCEEDED', statusCode: 200 })
      expect(delivery).toMatchObject({ state: 'DELIVERED', attemptCount: 1 })
      const requests = scene.partner.requests.map((request) => proves[preset](scene.shown, request))
      expect(requests.slice(-2)).toEqual([true, true])
    },
  )

  test.each(senders)(
    'a webhook of %s with a plain http URL is refused when SEND_ALLOW_HTTP is false',
    async (preset) => {
      const tenant = await fixture.server().tenant()
      const partner = await fixture.partner()
      const wish = { name: 'POS', url: partner.url, topics: ['order.*'], preset }
      const { userErrors } = await mutate(tenant, 'WebhookCreate', wish)
      expect(userErrors).toMatchObject([{ code: 'URL_NOT_HTTPS', field: ['url'] }])
    },
  )
})

describe('private authority without SEND_CA_FILE', () => {
  const fixture = makeFixture()

  test.each(senders.filter((preset) => preset !== 'FOODY'))(
    'attempts of %s fail with TLS_FAILED when the certificate of the receiver is not trusted',
    async (preset) => {
      const scene = await fixture.scene({ preset, policy: once, tls: true })
      const delivery = await ringTimes(scene, 1)
      expect(delivery?.attempts.nodes).toMatchObject([{ outcome: 'TLS_FAILED', statusCode: null }])
      expect(scene.partner.requests).toEqual([])
    },
  )

  test('a FOODY webhook is not saved when the certificate of its receiver is not trusted', async () => {
    const tenant = await fixture.server().tenant()
    const partner = await fixture.partner(true)
    const wish = { name: 'POS', url: partner.url, topics: ['order.*'], preset: 'FOODY' }
    const { userErrors } = await mutate(tenant, 'WebhookCreate', wish)
    expect(userErrors).toMatchObject([{ code: 'SAVE_CHECK_FAILED' }])
    expect(partner.requests).toEqual([])
  })

  test('a FAST_EVENTS webhook with a plain http URL is refused although the installation allows http', async () => {
    const tenant = await fixture.server().tenant()
    const partner = await fixture.partner()
    const wish = { name: 'POS', url: partner.url, topics: ['order.*'], preset: 'FAST_EVENTS' }
    const { userErrors } = await mutate(tenant, 'WebhookCreate', wish)
    expect(userErrors).toMatchObject([{ code: 'URL_NOT_HTTPS', field: ['url'] }])
  })
})
