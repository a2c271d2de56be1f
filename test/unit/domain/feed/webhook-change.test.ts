import { describe, expect, test } from 'vitest'
import { changeOf, passesChange, type WebhookChange } from '../../../../src/domain/feed/webhook-change.ts'
import { buildWebhook, later, noon } from '../../../support/samples.ts'

const on = buildWebhook({ id: 'whk_1' })
const off = buildWebhook({
  id: 'whk_1',
  disabled: { reason: 'REQUESTED', message: 'Disabled on request.', at: noon },
})

describe('changeOf', () => {
  test('a new webhook is a CREATED change whose message says whether it is disabled', () => {
    expect(changeOf(null, on, noon)).toEqual({
      ...{ webhookId: 'whk_1', kind: 'CREATED', at: noon },
      ...{ reason: null, message: 'Created.' },
    })
    expect(changeOf(null, off, noon)?.message).toBe('Created, and disabled until it is enabled.')
  })

  test('disabling a webhook is a DISABLED change with the reason and the message', () => {
    expect(changeOf(on, off, noon)).toMatchObject({
      ...{ kind: 'DISABLED', reason: 'REQUESTED', message: 'Disabled on request.' },
    })
  })

  test('enabling a webhook is an ENABLED change whose message says what happens to skipped deliveries', () => {
    expect(changeOf(off, on, noon, 'REPLAY')?.message).toMatch(
      /were skipped while the webhook was disabled are sent\.$/,
    )
    expect(changeOf(off, on, noon)).toMatchObject({
      ...{ kind: 'ENABLED', reason: null, message: expect.stringMatching(/stay skipped\.$/) as string },
    })
  })

  test('the end of a pause is a RESUMED change whose message says whether the deliveries are attempted or held', () => {
    const pause = { since: noon, until: null }
    expect(changeOf({ ...on, pause }, on, later(1))).toMatchObject({
      ...{ kind: 'RESUMED', message: expect.stringContaining('are attempted') as string },
    })
    expect(changeOf({ ...off, pause }, off, later(1))).toMatchObject({
      kind: 'RESUMED',
      message:
        'Resumed on request: the webhook is disabled, so deliveries that waited are held until it is enabled.',
    })
  })

  test('a change that neither enables nor disables a webhook is no webhook change', () => {
    expect(changeOf(on, { ...on, name: 'Till', version: 2 }, later(1))).toBeNull()
    expect(changeOf(off, { ...off, name: 'Till', version: 2 }, later(1))).toBeNull()
  })
})

test('a change filter matches its webhooks, kinds and partners; an empty list matches all, and a partner filter no change without a partner', () => {
  const change: WebhookChange = {
    ...{ projectId: 'prj_1', position: 1, webhookId: 'whk_1', partnerId: null, kind: 'FAILING', at: noon },
    ...{ reason: null, message: 'An attempt failed.' },
  }
  const none = { webhookIds: [], partnerIds: [], kinds: [] }
  expect(passesChange(none, change)).toBe(true)
  expect(passesChange({ ...none, webhookIds: ['whk_1'], kinds: ['FAILING'] }, change)).toBe(true)
  expect(passesChange({ ...none, webhookIds: ['whk_2'] }, change)).toBe(false)
  expect(passesChange({ ...none, kinds: ['DISABLED'] }, change)).toBe(false)
  expect(passesChange({ ...none, partnerIds: ['ptn_1'] }, change)).toBe(false)
  expect(passesChange({ ...none, partnerIds: ['ptn_1'] }, { ...change, partnerId: 'ptn_1' })).toBe(true)
})
