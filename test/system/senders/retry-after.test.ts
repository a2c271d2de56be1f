/** Which presets honour Retry-After, as their documents say. */
import { describe, expect, test } from 'vitest'
import { mutateOrThrow, listDeliveries, mutate, type Input } from '../../api/support/fixtures.ts'
import { waitFor } from '../../support/wait-for.ts'
import { senders, type Answer, type Sender } from './partner.ts'
import { useSenderFixture, plainHttp, createOrder, type RegisteredWebhook } from './sender-fixture.ts'

const fixture = useSenderFixture()

const honours: Readonly<Record<Sender, boolean>> = {
  STANDARD: true,
  // "FlyBuy ignores any other information returned in the request headers or request body."
  FLYBUY: false,
  // "Any other information returned is ignored."
  FLIPDISH: false,
  // "ele tenta mais uma vez depois de 60-120 segundos"
  FOODY: false,
  // The document does not mention it.
  FAST_EVENTS: true,
}

const retry: Input = { waits: [{ minMs: 1_000, maxMs: 1_000 }] }
const busy =
  (status: number, retryAfter: string): Answer =>
  (response) =>
    response.writeHead(status, { 'retry-after': retryAfter }).end()

/** The wait before the second attempt in seconds, and its reason. */
async function secondAttemptOf({ tenant, filter }: RegisteredWebhook, orderId: string) {
  const attempts = async () =>
    (await listDeliveries(tenant, { ...filter, orderIds: [orderId] }))[0]?.attempts.nodes ?? []
  await waitFor(async () => (await attempts()).length > 0, { what: 'the first attempt' })
  const [first] = await attempts()
  const { deliveryAttempt } = await tenant.gql<{
    deliveryAttempt: { startedAt: string; nextAttemptAt: string; nextStepReason: string }
  }>(`query ($id: ID!) { deliveryAttempt(id: $id) { startedAt nextAttemptAt nextStepReason } }`, {
    id: first?.id,
  })
  const waitMs = Date.parse(deliveryAttempt.nextAttemptAt) - Date.parse(deliveryAttempt.startedAt)
  return { waitS: waitMs / 1_000, reason: deliveryAttempt.nextStepReason }
}

describe.each(senders)('%s', (preset) => {
  test.each([503, 429])(
    `a webhook of ${preset} ${honours[preset] ? 'waits for the hour' : 'ignores the hour'} that Retry-After of a %i response requests`,
    async (status) => {
      const registered = await fixture.registerWebhook({
        preset,
        policy: { retry },
        answers: [busy(status, '3600')],
      })
      const { waitS, reason } = await secondAttemptOf(registered, await createOrder(registered))
      if (honours[preset]) {
        expect(waitS).toBeGreaterThanOrEqual(3_600)
        expect(reason).toBe('the receiver requested 1 h in Retry-After')
      } else {
        expect(waitS).toBeLessThan(600)
        expect(reason).toBe("wait 1 of the retry schedule is 1 s; the webhook's policy ignores Retry-After")
      }
    },
  )

  test(`honourRetryAfter overrides the preset ${preset}, and null restores it`, async () => {
    const policy = { retry, honourRetryAfter: !honours[preset] }
    const registered = await fixture.registerWebhook({ preset, policy, answers: [busy(503, '3600')] })
    const waits = async () =>
      (await secondAttemptOf(registered, await createOrder(registered))).waitS >= 3_600
    expect(await policyOf(registered)).toBe(!honours[preset])
    expect(await waits()).toBe(!honours[preset])

    // A change of a FOODY webhook is saved only after a successful check request.
    registered.partner.script(200, busy(503, '3600'))
    if (preset !== 'FOODY') registered.partner.script(busy(503, '3600'))
    const changed = plainHttp({ retry, honourRetryAfter: null })
    await mutateOrThrow(registered.tenant, 'WebhookUpdate', { id: registered.webhook.id, policy: changed })
    expect(await policyOf(registered)).toBe(honours[preset])
    expect(await waits()).toBe(honours[preset])
  })
})

test('the query presets shows for each preset whether it honours Retry-After, and the origin of that rule', async () => {
  const { tenant } = await fixture.registerWebhook({ preset: 'STANDARD' })
  const { presets } = await tenant.gql<{
    presets: readonly {
      name: Sender
      policy: { honourRetryAfter: boolean }
      rules: readonly { name: string; origin: string; value: string }[]
    }[]
  }>('{ presets { name policy { honourRetryAfter } rules { name origin value } } }')
  for (const { name, policy, rules } of presets) {
    expect(policy.honourRetryAfter, name).toBe(honours[name])
    const [first] = rules.filter((rule) => rule.name === 'RETRY_AFTER')
    expect(first?.value.startsWith('ignored'), name).toBe(!honours[name])
    expect(first?.origin, name).toBe(name === 'FAST_EVENTS' ? 'DEFAULT' : 'SENDER_DOCUMENTATION')
  }
})

test('honourRetryAfter refuses a value that is not a boolean', async () => {
  const registered = await fixture.registerWebhook({ preset: 'FLYBUY' })
  const policy = { honourRetryAfter: 'no' }
  await expect(
    mutate(registered.tenant, 'WebhookUpdate', { id: registered.webhook.id, policy }),
  ).rejects.toThrow(/honourRetryAfter/)
})

async function policyOf({ tenant, webhook }: RegisteredWebhook): Promise<boolean> {
  const answer = await tenant.gql<{ webhook: { policy: { honourRetryAfter: boolean } } }>(
    'query ($id: ID!) { webhook(id: $id) { policy { honourRetryAfter } } }',
    { id: webhook.id },
  )
  return answer.webhook.policy.honourRetryAfter
}
