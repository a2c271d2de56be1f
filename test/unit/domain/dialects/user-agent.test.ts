import { describe, expect, test } from 'vitest'
import { isOwnUserAgent, userAgentOf } from '../../../../src/domain/dialects/user-agent.ts'
import { requestContextFor } from '../../../support/checks/dialects.ts'
import { dialectRules, dialects } from '../../../../src/domain/dialects/registry.ts'

describe('User-Agent', () => {
  test.each([
    ['0.1.0', 'Orderbell/0.1.0 (Webhooks/1.0.0)'],
    ['12.34.56', 'Orderbell/12.34.56 (Webhooks/1.0.0)'],
    ['1.0.0-beta.1', 'Orderbell/1.0.0 (Webhooks/1.0.0)'],
    ['2.3.4+build.5', 'Orderbell/2.3.4 (Webhooks/1.0.0)'],
    ['2.3.4-rc.1+build.5', 'Orderbell/2.3.4 (Webhooks/1.0.0)'],
  ])('the User-Agent of version %s is %s', (version, userAgent) => {
    expect(userAgentOf(version)).toBe(userAgent)
  })

  test.each(['', '1', '1.2', '1.2.3.4', 'v1.2.3', 'latest', '1.2.3\r\nx: y'])(
    'no User-Agent is made for the version %j',
    (version) => {
      expect(() => userAgentOf(version)).toThrow('expected the version of package.json to be such as 1.2.3')
    },
  )

  test('the User-Agent has the form of the example in the Fast Events document', () => {
    const shape = /^[\w-]+\/\d+\.\d+\.\d+ \([\w-]+\/\d+\.\d+\.\d+\)$/
    expect('Fast-Events/1.6.0 (WordPress/6.1.1)').toMatch(shape)
    expect(userAgentOf('0.1.0')).toMatch(shape)
  })

  test.each(dialects)('a %s request and its test request have the configured User-Agent', (dialect) => {
    const context = requestContextFor(dialect, { userAgent: 'Orderbell/7.8.9 (Webhooks/1.0.0)' })
    for (const { headers } of [
      dialectRules[dialect].render(context),
      dialectRules[dialect].renderTest(context),
    ])
      expect(headers.filter(({ name }) => name.toLowerCase() === 'user-agent')).toMatchObject([
        { value: context.userAgent },
      ])
  })
})

test("the User-Agent of any version of Orderbell is recognised as Orderbell's own, and no other", () => {
  const own = ['0.1.0', '1.0.0-beta.1', '99.0.1'].map(userAgentOf)
  const others = [
    undefined,
    '',
    'Orderbell',
    'Orderbell/',
    'Orderbell/x',
    'Orderbell/1.2.3-client',
    'orderbell/1.2.3',
  ]
  for (const userAgent of [...own, 'Orderbell/1', 'Orderbell/1 (Webhooks/1)', 'Orderbell/2.0.0'])
    expect(isOwnUserAgent(userAgent), userAgent).toBe(true)
  for (const userAgent of [
    ...others,
    'Orderbell-CLI/1.0.0',
    'curl/8.5.0 Orderbell/1.0.0',
    ' Orderbell/1.0.0',
  ])
    expect(isOwnUserAgent(userAgent), userAgent).toBe(false)
})
