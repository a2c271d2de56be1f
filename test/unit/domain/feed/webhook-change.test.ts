import { describe, expect, test } from 'vitest'
import { changeOf, passesChange, type WebhookChange } from '../../../../src/domain/feed/webhook-change.ts'
import { aWebhook, later, noon } from '../../../support/samples.ts'

const on = aWebhook({ id: 'whk_1' })
const off = aWebhook({
  id: 'whk_1',
  disabled: { reason: 'REQUESTED', message: 'Stopped on request.', at: noon },
})

describe('what is told of a change that was asked for', () => {
  test('is that a webhook is new, and whether it is off', () => {
    expect(changeOf(null, on, noon)).toEqual({
      ...{ webhookId: 'whk_1', kind: 'CREATED', at: noon },
      ...{ reason: null, message: 'Registered.' },
    })
    expect(changeOf(null, off, noon)?.message).toBe('Registered, and off until it is enabled.')
  })

  test('is that it went off, with the reason and the words of the stop', () => {
    expect(changeOf(on, off, noon)).toMatchObject({
      ...{ kind: 'DISABLED', reason: 'REQUESTED', message: 'Stopped on request.' },
    })
  })

  test('is that it is on again, and what becomes of what it missed', () => {
    expect(changeOf(off, on, noon, 'REPLAY')?.message).toMatch(/is brought back\.$/)
    expect(changeOf(off, on, noon)).toMatchObject({
      ...{ kind: 'ENABLED', reason: null, message: expect.stringMatching(/stays skipped\.$/) as string },
    })
  })

  test('is nothing where it stays on or off', () => {
    expect(changeOf(on, { ...on, name: 'Till', version: 2 }, later(1))).toBeNull()
    expect(changeOf(off, { ...off, name: 'Till', version: 2 }, later(1))).toBeNull()
  })
})

test('a filter takes what it names; an empty list does not filter, and what is of no partner is of none that is named', () => {
  const change: WebhookChange = {
    ...{ position: 1, webhookId: 'whk_1', partnerId: null, kind: 'FAILING', at: noon },
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
