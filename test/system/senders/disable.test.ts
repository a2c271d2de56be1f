/** When each preset disables a webhook, at the exact limit of its document's rule, through the API. */
import { describe, expect, test } from 'vitest'
import { listDeliveries, mutate } from '../../api/support/fixtures.ts'
import { waitFor } from '../../support/wait-for.ts'
import { makeFixture, ringTimes, stateOf } from './sender-fixture.ts'

const fixture = makeFixture()
const oneAttempt = { retry: { waits: [] } }

describe('FOODY: "consecutivamente mais de 10 erros"', () => {
  test('the eleventh consecutive failure disables a FOODY webhook; the tenth does not', async () => {
    const scene = await fixture.scene({ preset: 'FOODY', policy: oneAttempt, answers: [500] })
    await ringTimes(scene, 10)
    expect(await stateOf(scene)).toEqual({ enabled: true, consecutiveFailures: 10, disabled: null })

    await ringTimes(scene, 1)
    const { enabled, disabled } = await stateOf(scene)
    expect(enabled).toBe(false)
    expect(disabled).toMatchObject({ reason: 'CONSECUTIVE_FAILURES', at: expect.any(String) as string })
    expect(disabled?.message).toMatch(/11/)
    expect(disabled?.message).toMatch(/webhookEnable/)
  })

  test('a success between failures resets the consecutive failures of a FOODY webhook', async () => {
    const scene = await fixture.scene({ preset: 'FOODY', policy: oneAttempt, answers: [500] })
    await ringTimes(scene, 10)
    scene.partner.script(200)
    await ringTimes(scene, 1)
    scene.partner.script(500)
    await ringTimes(scene, 10)
    expect(await stateOf(scene)).toMatchObject({ enabled: true, consecutiveFailures: 10 })
  })

  test('test requests and manual attempts do not count as consecutive failures of a FOODY webhook', async () => {
    const scene = await fixture.scene({ preset: 'FOODY', policy: oneAttempt, answers: [500] })
    const delivery = await ringTimes(scene, 10)
    await mutate(scene.tenant, 'WebhookTest', { id: scene.webhook.id })
    await scene.tenant.gql(
      'mutation ($input: DeliveryRetryInput!) { deliveryRetry(input: $input) { userErrors { code } } }',
      { input: { id: delivery?.id } },
    )
    await waitFor(
      async () => (await listDeliveries(scene.tenant, scene.filter))[0]?.attempts.nodes.length === 2,
      {
        what: 'the manual attempt',
      },
    )
    expect(await stateOf(scene)).toMatchObject({ enabled: true, consecutiveFailures: 10 })
  })
})

/** Moves the attempt counts and the start of the failures back by this many days. */
async function age(webhookId: string, days: number): Promise<void> {
  const { sql } = fixture.server().connections
  await sql`update webhook_tallies set at = at - ${days} * interval '1 day' where webhook_id = ${webhookId}`
  await sql`update webhook_health set failing_since = failing_since - ${days} * interval '1 day' where webhook_id = ${webhookId}`
}

describe('FLIPDISH: "over 50% ... over a 72 hour period"', () => {
  test('a FLIPDISH webhook that fails for two days stays enabled; failing for 72 hours disables it', async () => {
    const scene = await fixture.scene({ preset: 'FLIPDISH', policy: oneAttempt, answers: [500] })
    await ringTimes(scene, 12)
    expect(await stateOf(scene)).toMatchObject({ enabled: true, consecutiveFailures: 12 })

    await age(scene.webhook.id, 2)
    await ringTimes(scene, 10)
    expect(await stateOf(scene)).toMatchObject({ enabled: true, consecutiveFailures: 22 })
    await age(scene.webhook.id, 1)
    await ringTimes(scene, 1)
    const { enabled, disabled } = await stateOf(scene)
    expect(enabled).toBe(false)
    expect(disabled?.reason).toBe('FAILURE_SHARE')
    expect(disabled?.message).toMatch(/^(11 of 11|23 of 23) attempts \(100 %\) failed within 72 h/)
  })

  test('with minPeriodMs 0, 6 failures of 12 do not disable a FLIPDISH webhook; 7 of 13 do', async () => {
    const rule = { rule: 'FAILURE_SHARE', share: 0.5, windowMs: 259_200_000, minVolume: 10 }
    const policy = { ...oneAttempt, disable: [{ ...rule, minPeriodMs: 0 }] }
    const scene = await fixture.scene({ preset: 'FLIPDISH', policy, answers: [200] })
    await ringTimes(scene, 6)
    scene.partner.script(500)
    await ringTimes(scene, 6)
    expect(await stateOf(scene)).toMatchObject({ enabled: true, consecutiveFailures: 6 })

    await ringTimes(scene, 1)
    const { enabled, disabled } = await stateOf(scene)
    expect(enabled).toBe(false)
    expect(disabled?.message).toMatch(/7 of 13/)
  })
})

describe('FLYBUY: "fails to acknowledge events over consecutive days"', () => {
  test('the third failing day disables a FLYBUY webhook; days without an event neither count nor reset the count', async () => {
    const scene = await fixture.scene({ preset: 'FLYBUY', policy: oneAttempt, answers: [500] })
    await ringTimes(scene, 3)
    await age(scene.webhook.id, 4)
    await ringTimes(scene, 3)
    expect(await stateOf(scene)).toMatchObject({ enabled: true })

    // The two failing days are now one and five days ago: today is the third.
    await age(scene.webhook.id, 1)
    await ringTimes(scene, 1)
    expect(await stateOf(scene)).toMatchObject({ enabled: false, disabled: { reason: 'FAILING_DAYS' } })
  })

  test('a day with one success does not count as a failing day of a FLYBUY webhook', async () => {
    const scene = await fixture.scene({ preset: 'FLYBUY', policy: oneAttempt, answers: [500] })
    await ringTimes(scene, 2)
    await age(scene.webhook.id, 1)
    scene.partner.script(200)
    await ringTimes(scene, 1)
    scene.partner.script(500)
    await ringTimes(scene, 2)
    await age(scene.webhook.id, 1)
    await ringTimes(scene, 2)
    expect(await stateOf(scene)).toMatchObject({ enabled: true })
  })
})

describe('STANDARD', () => {
  test('one 410 response disables a STANDARD webhook', async () => {
    const scene = await fixture.scene({ preset: 'STANDARD', policy: oneAttempt, answers: [410] })
    await ringTimes(scene, 1)
    expect(await stateOf(scene)).toMatchObject({ enabled: false, disabled: { reason: 'GONE' } })
  })

  test('failures for 60 minutes disable a STANDARD webhook whose window is an hour; failures for 59 minutes do not', async () => {
    const policy = { ...oneAttempt, disable: [{ rule: 'FAILING_FOR', windowMs: 3_600_000 }] }
    const scene = await fixture.scene({ preset: 'STANDARD', policy, answers: [500] })
    const failingSince = async (ago: string) => {
      await fixture.server().connections
        .sql`update webhook_health set failing_since = now() - ${ago}::interval where webhook_id = ${scene.webhook.id}`
    }
    await ringTimes(scene, 1)
    await failingSince('59 minutes')
    await ringTimes(scene, 1)
    expect(await stateOf(scene)).toMatchObject({ enabled: true })
    await failingSince('60 minutes')
    await ringTimes(scene, 1)
    expect(await stateOf(scene)).toMatchObject({ enabled: false, disabled: { reason: 'FAILING_FOR' } })
  })
})

test('30 consecutive failures do not disable a FAST_EVENTS webhook', async () => {
  const scene = await fixture.scene({ preset: 'FAST_EVENTS', policy: oneAttempt, answers: [410] })
  await ringTimes(scene, 30)
  expect(await stateOf(scene)).toEqual({ enabled: true, consecutiveFailures: 30, disabled: null })
})
