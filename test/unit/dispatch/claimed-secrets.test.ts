/** Decryption of the secrets of claimed webhooks, with real encrypted secrets. */
import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { makePrepareClaimed } from '../../../src/dispatch/prepared-webhook.ts'
import { makeSecrets } from '../../../src/runtime/crypto/secrets.ts'
import { buildClaim, claimedWebhook, makeClock } from './fakes.ts'
import { secretAad } from '../../../src/dispatch/credentials.ts'

async function openFakes() {
  const keys = new Map<string, string>()
  const secrets = makeSecrets([{ id: 'a', key: randomBytes(32) }], async (projectId) => {
    const known = keys.get(projectId) ?? secrets.newDataKey(projectId)
    keys.set(projectId, known)
    return known
  })
  const decrypted: string[] = []
  const decrypt: typeof secrets.decrypt = (projectId, place, encrypted) => {
    decrypted.push(place)
    return secrets.decrypt(projectId, place, encrypted)
  }
  const claimOf = async (webhookId: string, secret: string) => {
    const encrypted = { secrets: [await secrets.encrypt('prj_1', secretAad(webhookId), secret)], token: null }
    return buildClaim({ webhookId, webhook: { ...claimedWebhook, encrypted } })
  }
  const clock = makeClock()
  return {
    fakes: { secrets: { ...secrets, decrypt }, pause: (ms: number) => clock.pause(ms) },
    clock,
    decrypted,
    claimOf,
  }
}

test('the secrets of a webhook are decrypted once for all deliveries that share the claimed webhook, also over several claims', async () => {
  const { fakes, decrypted, claimOf } = await openFakes()
  const [one, other] = [await claimOf('whk_1', 'first'), await claimOf('whk_2', 'second')]
  const prepare = makePrepareClaimed(fakes)
  const webhooks = await Promise.all([one, other, { ...one, deliveryId: 'dlv_2' }].map(prepare))
  expect(webhooks.map(({ credentials }) => credentials.secrets)).toEqual([['first'], ['second'], ['first']])
  await prepare({ ...one, deliveryId: 'dlv_3' })
  expect(decrypted).toEqual([secretAad('whk_1'), secretAad('whk_2')])

  // The secret may have been rotated: then the claim returns another object.
  const rotated = await claimOf('whk_1', 'third')
  expect((await prepare(rotated)).credentials.secrets).toEqual(['third'])
})

test('decrypted secrets are kept for 60 s, even if they are in use', async () => {
  const { fakes, clock, decrypted, claimOf } = await openFakes()
  const claimed = await claimOf('whk_1', 'first')
  const prepare = makePrepareClaimed(fakes)
  await prepare(claimed)
  await clock.advance(59_999)
  await prepare(claimed)
  expect(decrypted).toHaveLength(1)
  await clock.advance(1)
  await prepare(claimed)
  expect(decrypted).toHaveLength(2)
})

test('secrets that could not be decrypted are decrypted again for the next delivery', async () => {
  const { fakes, claimOf } = await openFakes()
  const claimed = await claimOf('whk_1', 'first')
  let isAway = true
  const decrypt: typeof fakes.secrets.decrypt = (...args) =>
    isAway ? Promise.reject(new Error('away')) : fakes.secrets.decrypt(...args)
  const prepare = makePrepareClaimed({ ...fakes, secrets: { ...fakes.secrets, decrypt } })
  await expect(prepare(claimed)).rejects.toThrow('away')
  isAway = false
  expect((await prepare(claimed)).credentials.secrets).toEqual(['first'])
})
