/** Every preset over TLS, with a certificate of our own that SEND_CA_FILE makes known; without it, none. */
import { describe, expect, test } from 'vitest'
import { done, mutate } from '../../api/support/fixtures.ts'
import { caFile, proves, senders } from './partner.ts'
import { makeFixture, once, ringTimes } from './stage.ts'

describe('with the authority in SEND_CA_FILE', () => {
  const fixture = makeFixture({ SEND_CA_FILE: caFile, SEND_ALLOW_HTTP: 'false' })

  test.each(senders)('%s is saved, tested and delivered over https', async (preset) => {
    const scene = await fixture.scene({ preset, tls: true })
    const { attempt } = await done<{ attempt: object }>(scene.tenant, 'WebhookTest', { id: scene.webhook.id })
    const delivery = await ringTimes(scene, 1)

    expect(attempt).toMatchObject({ outcome: 'SUCCEEDED', statusCode: 200 })
    expect(delivery).toMatchObject({ state: 'DELIVERED', attemptCount: 1 })
    const requests = scene.partner.requests.map((request) => proves[preset](scene.shown, request))
    expect(requests.slice(-2)).toEqual([true, true])
  })

  test.each(senders)('%s is refused plain http', async (preset) => {
    const tenant = await fixture.server().tenant()
    const partner = await fixture.partner()
    const wish = { name: 'POS', url: partner.url, topics: ['order.*'], preset }
    const { userErrors } = await mutate(tenant, 'WebhookCreate', wish)
    expect(userErrors).toMatchObject([{ code: 'URL_NOT_HTTPS', field: ['url'] }])
  })
})

describe('without it', () => {
  const fixture = makeFixture()

  test.each(senders.filter((preset) => preset !== 'FOODY'))(
    '%s reaches no receiver with such a certificate',
    async (preset) => {
      const scene = await fixture.scene({ preset, policy: once, tls: true })
      const delivery = await ringTimes(scene, 1)
      expect(delivery?.attempts.nodes).toMatchObject([{ outcome: 'TLS_FAILED', statusCode: null }])
      expect(scene.partner.requests).toEqual([])
    },
  )

  test('FOODY is not even saved', async () => {
    const tenant = await fixture.server().tenant()
    const partner = await fixture.partner(true)
    const wish = { name: 'POS', url: partner.url, topics: ['order.*'], preset: 'FOODY' }
    const { userErrors } = await mutate(tenant, 'WebhookCreate', wish)
    expect(userErrors).toMatchObject([{ code: 'SAVE_CHECK_FAILED' }])
    expect(partner.requests).toEqual([])
  })

  test('FAST_EVENTS asks for https though the installation sends to plain http', async () => {
    const tenant = await fixture.server().tenant()
    const partner = await fixture.partner()
    const wish = { name: 'POS', url: partner.url, topics: ['order.*'], preset: 'FAST_EVENTS' }
    const { userErrors } = await mutate(tenant, 'WebhookCreate', wish)
    expect(userErrors).toMatchObject([{ code: 'URL_NOT_HTTPS', field: ['url'] }])
  })
})
