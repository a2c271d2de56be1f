/** Paused webhooks in the statements of the dispatcher: claims, due times, the age of deliveries, and the end of a pause. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Webhook } from '../../../src/domain/webhooks/webhook.ts'
import { hourMs } from '../../support/samples.ts'
import { openSettleFixture, type SettleFixture } from '../support/settle-fixture.ts'

const lease = { timeoutMs: 15_000, marginMs: 10_000 }
let fixture: SettleFixture

beforeAll(async () => {
  fixture = await openSettleFixture()
})
afterAll(() => fixture.close())

const ago = (ms: number): Date => new Date(Date.now() - ms)
const claimOf = (webhookId: string) => fixture.dispatch.claim([{ webhookId, limit: 10 }], lease)
const nextDueOf = async (webhookId: string) => (await fixture.dispatch.nextDue([webhookId]))[0]?.inMs
const dueWebhooks = async () =>
  (await fixture.dispatch.dueWebhooks(100, 10_000)).map(({ webhookId }) => webhookId)

/** A webhook with one due delivery, whose lease is released again. */
async function withDue(given: Parameters<SettleFixture['createWebhook']>[0] = {}): Promise<string> {
  const id = await fixture.createWebhook(given)
  await fixture.dispatch.release(await fixture.claim(id, 1))
  return id
}

async function pause(webhookId: string, until: Date | null, given: Partial<Webhook> = {}): Promise<void> {
  await fixture.store.transaction(async (tx) => {
    const webhook = await tx.lockWebhook(webhookId)
    if (webhook === null) throw new Error(`expected ${webhookId} to be there, it is not`)
    await tx.updateWebhook({ ...webhook, ...given, pause: { since: ago(hourMs), until } })
  })
}

describe('a paused webhook', () => {
  test.each([
    ['without limits', {}],
    ['with limits', { maxConcurrency: 2, ratePerSecond: 100 }],
  ])(
    'no claim returns a delivery of a paused webhook %s, and it is not due before the end of its pause',
    async (_, given) => {
      const id = await withDue()
      expect(await dueWebhooks()).toContain(id)
      await pause(id, new Date(Date.now() + hourMs), given)
      // Also learns whether the webhook has limits.
      expect(await nextDueOf(id)).toBeGreaterThan(hourMs - 60_000)
      expect(await claimOf(id)).toEqual([])
      expect(await dueWebhooks()).not.toContain(id)

      await pause(id, null)
      expect(await nextDueOf(id)).toBeUndefined()
      expect(await claimOf(id)).toEqual([])
      expect(await dueWebhooks()).not.toContain(id)

      await pause(id, ago(1))
      expect(await claimOf(id)).toHaveLength(1)
    },
  )

  test('deliveries are claimed as soon as the time of the pause has come, before the sweep has recorded its end', async () => {
    const id = await withDue()
    await pause(id, ago(1))
    expect(await nextDueOf(id)).toBeLessThan(0)
    expect(await dueWebhooks()).toContain(id)
    expect(await claimOf(id)).toHaveLength(1)
  })

  test('the age of a delivery that had used 20 hours of its retry window does not contain a pause of two days', async () => {
    const id = await withDue({ preset: 'FLIPDISH' })
    const { sql } = fixture.connections
    await sql`update deliveries set created_at = now() - interval '69 hours' where webhook_id = ${id}`
    const pauses = [{ sinceMs: ago(49 * hourMs).getTime(), untilMs: ago(hourMs).getTime() }]
    await sql`update webhooks set earlier_pauses = ${JSON.stringify(pauses)}::text::jsonb where id = ${id}`
    const [claimed] = await claimOf(id)
    expect(Math.round((claimed?.facts.ageMs ?? 0) / 60_000)).toBe(21 * 60)
  })
})

describe('the end of a pause', () => {
  test('the sweep records the end of a pause once, as an earlier pause and as a change of the webhook', async () => {
    const id = await withDue()
    const until = ago(60_000)
    await pause(id, until)
    const ended = await Promise.all([fixture.dispatch.endPauses(100), fixture.dispatch.endPauses(100)])
    expect(ended.flat().filter(({ webhookId }) => webhookId === id)).toHaveLength(1)
    const { sql } = fixture.connections
    const [row] =
      await sql`select paused_since, paused_until, earlier_pauses, version from webhooks where id = ${id}`
    expect(row).toMatchObject({
      paused_since: null,
      paused_until: null,
      earlier_pauses: [{ untilMs: until.getTime() }],
      version: 1,
    })
    const changes = await sql`select kind, at from webhook_changes where webhook_id = ${id}`
    expect(changes).toMatchObject([{ kind: 'RESUMED', at: until }])
  })

  test('the pause of a deleted webhook ends without a change, and the change of a disabled one says that its deliveries are held', async () => {
    const { sql } = fixture.connections
    const [deleted, disabled] = [await withDue(), await withDue()]
    for (const id of [deleted, disabled]) await pause(id, ago(60_000))
    await sql`update webhooks set deleted_at = now() where id = ${deleted}`
    await sql`update webhooks set disabled_at = now() where id = ${disabled}`
    const ended = (await fixture.dispatch.endPauses(100)).map(({ webhookId }) => webhookId)
    expect(ended).toContain(disabled)
    expect(ended).not.toContain(deleted)
    const pauses =
      await sql`select from webhooks where id in (${deleted}, ${disabled}) and paused_since is not null`
    expect(pauses).toHaveLength(0)
    const changes = await sql`
      select webhook_id, kind, message from webhook_changes where webhook_id in (${deleted}, ${disabled})`
    expect(changes).toEqual([
      {
        webhook_id: disabled,
        kind: 'RESUMED',
        message: expect.stringMatching(
          /: the webhook is disabled, so deliveries that waited are held/,
        ) as string,
      },
    ])
  })

  test('the sweep does not end a pause whose time has not come, nor one without an end', async () => {
    const ids = [await withDue(), await withDue()]
    await pause(ids[0] ?? '', new Date(Date.now() + hourMs))
    await pause(ids[1] ?? '', null)
    const ended = await fixture.dispatch.endPauses(100)
    expect(ended.filter(({ webhookId }) => ids.includes(webhookId))).toEqual([])
  })
})

describe('disable rules', () => {
  test('a webhook that failed before a pause of six days is not disabled by FAILING_FOR of five days after it', async () => {
    const policy = {
      retry: { waits: [], windowMs: null },
      disable: [{ rule: 'FAILING_FOR', windowMs: 120 * hourMs }] as const,
    }
    const resting = await fixture.createWebhook({ overrides: policy })
    const failing = await fixture.createWebhook({ overrides: policy })
    for (const id of [resting, failing]) {
      await fixture.answer(id, 500)
      await fixture.pass(id, 150 * hourMs)
    }
    const pauses = [{ sinceMs: ago(149 * hourMs).getTime(), untilMs: ago(hourMs).getTime() }]
    await fixture.connections.sql`
      update webhooks set earlier_pauses = ${JSON.stringify(pauses)}::text::jsonb where id = ${resting}`
    expect((await fixture.answer(failing, 500)).disabled).toMatchObject([{ webhookId: failing }])
    expect((await fixture.answer(resting, 500)).disabled).toEqual([])
  })
})
