import { describe, expect, test } from 'vitest'
import { makeRunningClaims } from '../../../../src/dispatch/lanes/running-claims.ts'

const lane = (projectId: string, webhookId: string) => ({ projectId, webhookId, host: 'a.example' })

describe('running claims', () => {
  test('two claims never share a project', () => {
    const claims = makeRunningClaims(2)
    const lanes = [lane('prj_1', 'whk_1'), lane('prj_2', 'whk_2')]
    claims.begin(lanes)
    expect(['prj_1', 'prj_2', 'prj_3'].map((id) => claims.mayClaim(id))).toEqual([false, false, true])
    claims.end(lanes)
    expect(claims.mayClaim('prj_1')).toBe(true)
  })

  test('the end of a claim returns the lanes whose deliveries became due since its start', () => {
    const claims = makeRunningClaims(2)
    const lanes = [lane('prj_1', 'whk_1'), lane('prj_1', 'whk_2')]
    claims.begin(lanes)
    expect([claims.markDue('whk_1'), claims.markDue('whk_3')]).toEqual([true, false])
    expect(claims.end(lanes)).toEqual(new Set(['whk_1']))
    expect(claims.markDue('whk_1')).toBe(false)
    claims.begin(lanes)
    expect(claims.end(lanes)).toEqual(new Set())
  })

  test('no more claims than the maximum run, and one more may start when one ends', async () => {
    const claims = makeRunningClaims(2)
    let endFirst: () => void = () => undefined
    claims.track(new Promise((resolve) => (endFirst = resolve)))
    expect(claims.hasRoom()).toBe(true)
    claims.track(new Promise(() => undefined))
    expect([claims.hasRoom(), claims.all().length]).toEqual([false, 2])
    endFirst()
    await new Promise((resolve) => setImmediate(resolve))
    expect([claims.hasRoom(), claims.all().length]).toEqual([true, 1])
  })
})
