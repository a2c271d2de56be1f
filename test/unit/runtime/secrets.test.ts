import { createCipheriv } from 'node:crypto'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { fingerprintOf, makeSecrets, type KeyRing } from '../../../src/runtime/crypto/secrets.ts'

const k1 = { id: 'k1', key: Buffer.alloc(32, 1) }
const k2 = { id: 'k2', key: Buffer.alloc(32, 2) }
const project = 'prj_1'
const place = 'webhooks/whk_1/secret'

function secretsWith(keyRing: KeyRing, dataKey: string, loaded = vi.fn(async () => dataKey)) {
  return { secrets: makeSecrets(keyRing, loaded), loaded }
}
const makeDataKey = (keyRing: KeyRing = [k1]) => makeSecrets(keyRing, async () => null).newDataKey(project)

afterEach(() => {
  vi.useRealTimers()
})

describe('encrypted secret', () => {
  test('an encrypted secret contains its version and key id, and is decrypted with its own additional data', async () => {
    const { secrets } = secretsWith([k1], makeDataKey())
    const encrypted = await secrets.encrypt(project, place, 'sesame')
    expect(encrypted).toMatch(/^v2\.data\.[\w-]{16}\.[\w-]+$/)
    expect(await secrets.decrypt(project, place, encrypted)).toBe('sesame')
    expect(await secrets.encrypt(project, place, 'sesame')).not.toBe(encrypted)
  })

  test('an encrypted secret is not decrypted with other additional data, for another project, key id or version', async () => {
    const dataKey = makeDataKey()
    const { secrets } = secretsWith([k1], dataKey)
    const encrypted = await secrets.encrypt(project, place, 'sesame')
    const [, ...rest] = encrypted.split('.')
    for (const [inProject, at, text] of [
      [project, 'webhooks/whk_2/secret', encrypted],
      [project, 'webhooks/whk_1/token', encrypted],
      [project, place, ['v1', ...rest].join('.')],
      [project, place, ['v3', ...rest].join('.')],
      [project, place, encrypted.replace('.data.', '.other.')],
      [project, place, `${encrypted}.x`],
      [project, place, 'sesame'],
      [project, place, ''],
    ] as const)
      await expect(secrets.decrypt(inProject, at, text)).rejects.toThrow()
    await expect(secretsWith([k1], dataKey).secrets.decrypt('prj_2', place, encrypted)).rejects.toThrow()
    // The same bytes under another key id: a data key whose key id was changed is not decrypted either.
    const renamed = dataKey.replace('.k1.', '.k2.')
    await expect(
      secretsWith([{ ...k1, id: 'k2' }], renamed).secrets.decrypt(project, place, encrypted),
    ).rejects.toThrow()
  })

  test('an encrypted secret with a truncated authentication tag is not decrypted', async () => {
    const { secrets } = secretsWith([k1], makeDataKey())
    const encrypted = await secrets.encrypt(project, place, 'sesame')
    const [head, id, nonce, content = ''] = encrypted.split('.')
    const bytes = Buffer.from(content, 'base64url')
    for (const length of [4, 8, 12, 15]) {
      const cut = bytes.subarray(0, bytes.length - 16 + length).toString('base64url')
      await expect(secrets.decrypt(project, place, [head, id, nonce, cut].join('.'))).rejects.toThrow()
    }
  })

  test('secrets and data keys of the first version are still decrypted', async () => {
    const first = (id: string, key: Uint8Array, at: string, text: string) => {
      const nonce = Buffer.alloc(12, 5)
      const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 }).setAAD(Buffer.from(at))
      const content = Buffer.concat([cipher.update(text), cipher.final(), cipher.getAuthTag()])
      return ['v1', id, nonce.toString('base64url'), content.toString('base64url')].join('.')
    }
    const raw = Buffer.alloc(32, 9)
    const dataKey = first('k1', k1.key, 'v1/projects/prj_1/data-key', raw.toString('base64'))
    const encrypted = first('data', raw, `v1/projects/prj_1/${place}`, 'sesame')
    const { secrets } = secretsWith([k2, k1], dataKey)
    expect(await secrets.decrypt(project, place, encrypted)).toBe('sesame')
    expect(secrets.isCurrent(dataKey)).toBe(false)
    const reencrypted = secretsWith([k2], secrets.reencrypt(project, dataKey)).secrets
    expect(await reencrypted.decrypt(project, place, encrypted)).toBe('sesame')
  })
})

test('the first key encrypts and every key decrypts; the error for a missing key names it', async () => {
  const old = makeDataKey([k1])
  const encrypted = await secretsWith([k1], old).secrets.encrypt(project, place, 'sesame')
  const both = secretsWith([k2, k1], old).secrets
  expect(await both.decrypt(project, place, encrypted)).toBe('sesame')
  expect(both.newDataKey(project)).toMatch(/^v2\.k2\./)
  const reencrypted = both.reencrypt(project, old)
  expect(both.isCurrent(reencrypted)).toBe(true)
  expect(await secretsWith([k2], reencrypted).secrets.decrypt(project, place, encrypted)).toBe('sesame')
  await expect(secretsWith([k2], old).secrets.decrypt(project, place, encrypted)).rejects.toThrow(
    'encrypted with key k1, which SECRETS_KEYS does not have',
  )
})

test('a new data key is encrypted with the first key that all processes have, otherwise with the first', () => {
  const secrets = makeSecrets([k2, k1], async () => null)
  const [second, first] = secrets.keys.map(({ fingerprint }) => fingerprint)
  expect(secrets.newDataKey(project, new Set([first ?? '']))).toMatch(/^v2\.k1\./)
  expect(secrets.newDataKey(project, new Set([first ?? '', second ?? '']))).toMatch(/^v2\.k2\./)
  for (const held of [null, new Set<string>(), new Set(['0123456789abcdef'])])
    expect(secrets.newDataKey(project, held)).toMatch(/^v2\.k2\./)
})

test('a fingerprint depends on the key and its id and has 16 hexadecimal characters', () => {
  expect(fingerprintOf(k1)).toMatch(/^[0-9a-f]{16}$/)
  expect(fingerprintOf({ ...k1, key: new Uint8Array(k1.key) })).toBe(fingerprintOf(k1))
  const others = [{ ...k1, id: 'k2' }, { ...k1, key: k2.key }, k2].map(fingerprintOf)
  expect(new Set([fingerprintOf(k1), ...others]).size).toBe(4)
})

test('a decrypted data key is cached for a minute, also when it is used continuously', async () => {
  vi.useFakeTimers()
  const { secrets, loaded } = secretsWith([k1], makeDataKey())
  for (let second = 0; second < 59; second += 1) {
    await secrets.encrypt(project, place, 'sesame')
    vi.advanceTimersByTime(1_000)
  }
  expect(loaded).toHaveBeenCalledTimes(1)
  vi.advanceTimersByTime(2_000)
  await secrets.encrypt(project, place, 'sesame')
  expect(loaded).toHaveBeenCalledTimes(2)
})

test('a data key that could not be loaded is loaded again at the next use', async () => {
  const loaded = vi.fn(async () => makeDataKey()).mockRejectedValueOnce(new Error('no connection'))
  const { secrets } = secretsWith([k1], '', loaded)
  await expect(secrets.encrypt(project, place, 'sesame')).rejects.toThrow('no connection')
  await secrets.encrypt(project, place, 'sesame')
})
