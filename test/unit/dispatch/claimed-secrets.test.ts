/** Decryption of the webhook secrets of a claim, with real encrypted secrets. */
import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { makeClaimContext } from '../../../src/dispatch/attempt.ts'
import { system } from '../../../src/runtime/system.ts'
import { makeSecrets } from '../../../src/runtime/crypto/secrets.ts'
import { buildClaim, claimedWebhook } from './fakes.ts'
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
  return { fakes: { system, secrets: { ...secrets, decrypt } }, decrypted, claimOf }
}

test('the secrets of a webhook are decrypted once for all its deliveries in a claim, and again for the next claim', async () => {
  const { fakes, decrypted, claimOf } = await openFakes()
  const [one, other] = [await claimOf('whk_1', 'first'), await claimOf('whk_2', 'second')]
  const ofClaim = makeClaimContext(fakes)
  const webhooks = await Promise.all([one, other, { ...one, deliveryId: 'dlv_2' }].map(ofClaim.prepare))
  expect(webhooks.map(({ credentials }) => credentials.secrets)).toEqual([['first'], ['second'], ['first']])
  expect(decrypted).toEqual([secretAad('whk_1'), secretAad('whk_2')])

  // The secret may have been rotated meanwhile.
  const rotated = await claimOf('whk_1', 'third')
  expect((await makeClaimContext(fakes).prepare(rotated)).credentials.secrets).toEqual(['third'])
})

test('secrets that could not be decrypted are decrypted again for the next claim', async () => {
  const { fakes, claimOf } = await openFakes()
  const claimed = await claimOf('whk_1', 'first')
  const failing = { ...fakes.secrets, decrypt: () => Promise.reject(new Error('away')) }
  const ofClaim = makeClaimContext({ ...fakes, secrets: failing })
  await expect(ofClaim.prepare(claimed)).rejects.toThrow('away')
  expect((await makeClaimContext(fakes).prepare(claimed)).credentials.secrets).toEqual(['first'])
})
