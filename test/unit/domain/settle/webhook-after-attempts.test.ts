/** A webhook's health, disabling and notices after the attempts of a batch. */
import { describe, expect, test } from 'vitest'
import type { AttemptTrigger } from '../../../../src/domain/deliveries/delivery.ts'
import { healthy } from '../../../../src/domain/policies/health.ts'
import {
  webhookAfterAttempts,
  type CountedAttempt,
} from '../../../../src/domain/settle/webhook-after-attempts.ts'
import { answered, dayMs, later, noon } from '../../../support/samples.ts'

/** An attempt that ended with this status. */
function attemptWith(
  status: number,
  trigger: AttemptTrigger = 'SCHEDULE',
  topic = 'order.created',
): CountedAttempt {
  return {
    claimed: { trigger, event: { topic } },
    answer: answered(status),
    counts: status < 300 ? 'SUCCESS' : 'FAILURE',
  }
}

describe('health', () => {
  const webhook = { preset: 'STANDARD', overrides: {}, failingNotifiedAt: null } as const
  const failing = { ...healthy, consecutiveFailures: 3, failingSince: noon }
  const nothingNotified = { disabled: null, failing: [], failingByNotice: new Set(), failingNotifiedAt: null }

  test('the health of a webhook follows the order of the attempts in a batch', () => {
    const attempts = [500, 500, 200, 503].map((status) => attemptWith(status))
    expect(webhookAfterAttempts(webhook, failing, attempts, later(1)).health).toMatchObject({
      consecutiveFailures: 1,
      failingSince: later(1),
    })
  })

  test('a failure that breaks a rule disables the webhook although a success follows in the same batch', () => {
    const attempts = [410, 200].map((status) => attemptWith(status))
    expect(webhookAfterAttempts(webhook, healthy, attempts, noon)).toMatchObject({
      health: { consecutiveFailures: 0, failingSince: null, recent: { succeeded: 1, failed: 1 } },
      disabled: { reason: 'GONE' },
    })
  })

  test('a webhook is disabled by the first rule that the batch breaks', () => {
    const attempts = [500, 410].map((status) => attemptWith(status))
    expect(webhookAfterAttempts(webhook, failing, attempts, later(5 * dayMs)).disabled?.reason).toBe(
      'FAILING_FOR',
    )
  })

  test('the disable message has the count of the failure that broke the rule, and the health counts all failures of the batch', () => {
    const overrides = { disable: [{ rule: 'CONSECUTIVE_FAILURES', count: 4 }] } as const
    const attempts = Array.from({ length: 7 }, () => attemptWith(500))
    const after = webhookAfterAttempts({ ...webhook, overrides }, failing, attempts, later(1))
    expect(after.health.consecutiveFailures).toBe(10)
    expect(after.disabled?.message).toMatch(/^5 consecutive attempts failed/)
  })

  test('a manual attempt changes neither the health of a webhook nor disables it', () => {
    const attempt = attemptWith(410, 'MANUAL')
    expect(webhookAfterAttempts(webhook, failing, [attempt], later(9 * dayMs))).toEqual({
      health: failing,
      ...nothingNotified,
    })
  })

  test('a success does not disable a webhook', () => {
    const { disabled } = webhookAfterAttempts(webhook, failing, [attemptWith(200)], later(9 * dayMs))
    expect(disabled).toBeNull()
  })

  test('an attempt that counts for nothing, such as an interruption, does not change the health of a webhook', () => {
    const attempt: CountedAttempt = { ...attemptWith(500), counts: 'NOTHING' }
    expect(webhookAfterAttempts(webhook, failing, [attempt], later(9 * dayMs))).toEqual({
      health: failing,
      ...nothingNotified,
    })
  })
})

describe('failing notices', () => {
  const overrides = { disable: [{ rule: 'CONSECUTIVE_FAILURES', count: 3 }] } as const
  const webhook = { preset: 'STANDARD', overrides, failingNotifiedAt: null } as const
  const notified = (
    statuses: readonly number[],
    failingNotifiedAt: Date | null = null,
    now = noon,
    before = healthy,
  ) =>
    webhookAfterAttempts(
      { ...webhook, failingNotifiedAt },
      before,
      statuses.map((status) => attemptWith(status)),
      now,
    )

  test('the first failure of a batch is notified once, with the failures left until the webhook is disabled', () => {
    const { failing, failingNotifiedAt, disabled } = notified([200, 500, 503])
    expect(failing).toEqual([
      'An attempt failed: the receiver answered 500. 1 consecutive failure; the rule allows up to 3.',
    ])
    expect(failingNotifiedAt).toEqual(noon)
    expect(disabled).toBeNull()
  })

  test('a continuing run of failures that was notified is not notified again', () => {
    const before = { ...healthy, consecutiveFailures: 1, failingSince: noon }
    expect(notified([500], noon, later(9 * dayMs), before).failing).toEqual([])
  })

  test('a new run of failures within a minute of the last notice is notified only after that minute', () => {
    const soon = later(59_999)
    const { failing, failingNotifiedAt, health } = notified([200, 500], noon, soon)
    expect(failing).toEqual([])
    expect(notified([500], failingNotifiedAt, soon, health).failing).toEqual([])
    const after = notified([500], failingNotifiedAt, later(60_000), health)
    expect(after.failing).toEqual([
      'An attempt failed: the receiver answered 500. 2 consecutive failures; the rule allows up to 3.',
    ])
    expect(notified([500], after.failingNotifiedAt, later(3_600_000), after.health).failing).toEqual([])
  })

  test('a failing notice precedes the disabling of a webhook although another run was notified a moment ago', () => {
    const { failing, disabled } = notified([200, 500, 500, 500, 500, 500], noon, later(1))
    expect(failing).toEqual([
      'An attempt failed: the receiver answered 500. 4 consecutive failures; the rule allows up to 3.',
    ])
    expect(disabled?.reason).toBe('CONSECUTIVE_FAILURES')
  })

  test('a run of failures of an earlier transaction that is counted later is notified after the minute', () => {
    // Notified at noon by a transaction that began then; this transaction began before it and waited for it.
    const { failing, failingNotifiedAt, health } = notified([200, 500], noon, later(-5))
    expect(failing).toEqual([])
    expect(notified([500], failingNotifiedAt, later(60_000), health).failing).toHaveLength(1)
  })
})
