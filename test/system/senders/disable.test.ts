/** When each preset disables a webhook, at the exact limit of its document's rule, through the API. */
import { describe, expect, test } from 'vitest'
import { listDeliveries, mutate } from '../../api/support/fixtures.ts'
import { waitFor } from '../../support/wait-for.ts'
import { useSenderFixture, deliverOrders, stateOf } from './sender-fixture.ts'

const fixture = useSenderFixture()
const oneAttempt = { retry: { waits: [] } }

describe.concurrent('FOODY: "consecutivamente mais de 10 erros"', () => {
  test('the eleventh consecutive failure disables a FOODY webhook; the tenth does not', async () => {
    const registered = await fixture.registerWebhook({ preset: 'FOODY', policy: oneAttempt, answers: [500] })
    await deliverOrders(registered, 10)
    expect(await stateOf(registered)).toEqual({ enabled: true, consecutiveFailures: 10, disabled: null })

    await deliverOrders(registered, 1)
    const { enabled, disabled } = await stateOf(registered)
    expect(enabled).toBe(false)
    expect(disabled).toMatchObject({ reason: 'CONSECUTIVE_FAILURES', at: expect.any(String) as string })
    expect(disabled?.message).toMatch(/11/)
    expect(disabled?.message).toMatch(/webhookEnable/)
  })

  test('a success between failures resets the consecutive failures of a FOODY webhook', async () => {
    const registered = await fixture.registerWebhook({ preset: 'FOODY', policy: oneAttempt, answers: [500] })
    await deliverOrders(registered, 10)
    registered.partner.script(200)
    await deliverOrders(registered, 1)
    registered.partner.script(500)
    await deliverOrders(registered, 10)
    expect(await stateOf(registered)).toMatchObject({ enabled: true, consecutiveFailures: 10 })
  })

  test('test requests and manual attempts do not count as consecutive failures of a FOODY webhook', async () => {
    const registered = await fixture.registerWebhook({ preset: 'FOODY', policy: oneAttempt, answers: [500] })
    const [delivery] = await deliverOrders(registered, 10)
    await mutate(registered.tenant, 'WebhookTest', { id: registered.webhook.id })
    await registered.tenant.gql(
      'mutation ($input: DeliveryRetryInput!) { deliveryRetry(input: $input) { userErrors { code } } }',
      { input: { id: delivery?.id } },
    )
    await waitFor(
      async () =>
        (await listDeliveries(registered.tenant, registered.filter))[0]?.attempts.nodes.length === 2,
      {
        what: 'the manual attempt',
      },
    )
    expect(await stateOf(registered)).toMatchObject({ enabled: true, consecutiveFailures: 10 })
  })
})

/** Moves the attempt counts and the start of the failures back by this many days. */
async function age(webhookId: string, days: number): Promise<void> {
  const { sql } = fixture.server().connections
  // By way of another century: two buckets may be exactly these days apart, and PostgreSQL checks the key row by row.
  const move = (by: string) =>
    sql`update webhook_attempt_counts set at = at + ${by}::interval where webhook_id = ${webhookId}`
  await move(`${-days - 100_000} days`)
  await move('100000 days')
  await sql`update webhook_health set failing_since = failing_since - ${days} * interval '1 day' where webhook_id = ${webhookId}`
}

describe.concurrent('FLIPDISH: "over 50% ... over a 72 hour period"', () => {
  test('a FLIPDISH webhook that fails for two days stays enabled; failing for 72 hours disables it', async () => {
    const registered = await fixture.registerWebhook({
      preset: 'FLIPDISH',
      policy: oneAttempt,
      answers: [500],
    })
    await deliverOrders(registered, 12)
    expect(await stateOf(registered)).toMatchObject({ enabled: true, consecutiveFailures: 12 })

    await age(registered.webhook.id, 2)
    await deliverOrders(registered, 10)
    expect(await stateOf(registered)).toMatchObject({ enabled: true, consecutiveFailures: 22 })
    await age(registered.webhook.id, 1)
    await deliverOrders(registered, 1)
    const { enabled, disabled } = await stateOf(registered)
    expect(enabled).toBe(false)
    expect(disabled?.reason).toBe('FAILURE_SHARE')
    expect(disabled?.message).toMatch(/^(11 of 11|23 of 23) attempts \(100 %\) failed within 72 h/)
  })

  test('with minPeriodMs 0, 6 failures of 12 do not disable a FLIPDISH webhook; 7 of 13 do', async () => {
    const rule = { rule: 'FAILURE_SHARE', share: 0.5, windowMs: 259_200_000, minVolume: 10 }
    const policy = { ...oneAttempt, disable: [{ ...rule, minPeriodMs: 0 }] }
    const registered = await fixture.registerWebhook({ preset: 'FLIPDISH', policy, answers: [200] })
    await deliverOrders(registered, 6)
    registered.partner.script(500)
    await deliverOrders(registered, 6)
    expect(await stateOf(registered)).toMatchObject({ enabled: true, consecutiveFailures: 6 })

    await deliverOrders(registered, 1)
    const { enabled, disabled } = await stateOf(registered)
    expect(enabled).toBe(false)
    expect(disabled?.message).toMatch(/7 of 13/)
  })
})

describe.concurrent('FLYBUY: "fails to acknowledge events over consecutive days"', () => {
  test('the third failing day disables a FLYBUY webhook; days without an event neither count nor reset the count', async () => {
    const registered = await fixture.registerWebhook({ preset: 'FLYBUY', policy: oneAttempt, answers: [500] })
    await deliverOrders(registered, 3)
    await age(registered.webhook.id, 4)
    await deliverOrders(registered, 3)
    expect(await stateOf(registered)).toMatchObject({ enabled: true })

    // The two failing days are now one and five days ago: today is the third.
    await age(registered.webhook.id, 1)
    await deliverOrders(registered, 1)
    expect(await stateOf(registered)).toMatchObject({ enabled: false, disabled: { reason: 'FAILING_DAYS' } })
  })

  test('a day with one success does not count as a failing day of a FLYBUY webhook', async () => {
    const registered = await fixture.registerWebhook({ preset: 'FLYBUY', policy: oneAttempt, answers: [500] })
    await deliverOrders(registered, 2)
    await age(registered.webhook.id, 1)
    registered.partner.script(200)
    await deliverOrders(registered, 1)
    registered.partner.script(500)
    await deliverOrders(registered, 2)
    await age(registered.webhook.id, 1)
    await deliverOrders(registered, 2)
    expect(await stateOf(registered)).toMatchObject({ enabled: true })
  })
})

describe.concurrent('STANDARD', () => {
  test('one 410 response disables a STANDARD webhook', async () => {
    const registered = await fixture.registerWebhook({
      preset: 'STANDARD',
      policy: oneAttempt,
      answers: [410],
    })
    await deliverOrders(registered, 1)
    expect(await stateOf(registered)).toMatchObject({ enabled: false, disabled: { reason: 'GONE' } })
  })

  test('failures for 60 minutes disable a STANDARD webhook whose window is an hour; failures for 59 minutes do not', async () => {
    const policy = { ...oneAttempt, disable: [{ rule: 'FAILING_FOR', windowMs: 3_600_000 }] }
    const registered = await fixture.registerWebhook({ preset: 'STANDARD', policy, answers: [500] })
    const failingSince = async (ago: string) => {
      await fixture.server().connections
        .sql`update webhook_health set failing_since = now() - ${ago}::interval where webhook_id = ${registered.webhook.id}`
    }
    await deliverOrders(registered, 1)
    await failingSince('59 minutes')
    await deliverOrders(registered, 1)
    expect(await stateOf(registered)).toMatchObject({ enabled: true })
    await failingSince('60 minutes')
    await deliverOrders(registered, 1)
    expect(await stateOf(registered)).toMatchObject({ enabled: false, disabled: { reason: 'FAILING_FOR' } })
  })
})

test('30 consecutive failures do not disable a FAST_EVENTS webhook', async () => {
  const registered = await fixture.registerWebhook({
    preset: 'FAST_EVENTS',
    policy: oneAttempt,
    answers: [410],
  })
  await deliverOrders(registered, 30)
  expect(await stateOf(registered)).toEqual({ enabled: true, consecutiveFailures: 30, disabled: null })
})
