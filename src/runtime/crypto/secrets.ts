/**
 * Encrypts secrets at rest with AES-256-GCM. Each project has a data key, which is itself encrypted with a key of
 * SECRETS_KEYS. The additional authenticated data contains the place of the secret, so a ciphertext that was copied to
 * another place cannot be decrypted there. Does not sign requests: each dialect in `domain/dialects` signs its own.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Secrets } from '../../ports/secrets.ts'

/** The keys of SECRETS_KEYS. The first key encrypts; every key decrypts. */
export type KeyRing = readonly { readonly id: string; readonly key: Uint8Array }[]

/** The current format. Its additional authenticated data contains the place and the key's id. */
const version = 'v2'
/** The former format, bound to the place only. It is still decrypted, but no longer written. */
const firstVersion = 'v1'
const algorithm = 'aes-256-gcm'
const keyBytes = 32
const nonceBytes = 12
/** Hexadecimal digits. */
const fingerprintLength = 16
// Without an explicit length, Node accepts shorter tags, which can be forged.
const tagBytes = 16
/** The key id in the ciphertexts of a project's data key. */
const dataKeyId = 'data'
/** Decrypted data keys are removed from memory after this time, even if they are in use. */
const decryptedForMs = 60_000
/** Maximum number of decrypted data keys in memory. */
const maxDecrypted = 10_000

/** `loadDataKey` returns a project's encrypted data key, or null when the project does not exist. */
export function makeSecrets(
  keyring: KeyRing,
  loadDataKey: (projectId: string) => Promise<string | null>,
): Secrets {
  const decrypted = new LRUCache<string, Promise<Uint8Array>>({
    max: maxDecrypted,
    ttl: decryptedForMs,
    ttlAutopurge: true,
    perf: Date,
  })

  const unwrap = (projectId: string, encrypted: string): string => {
    const keyId = encrypted.split('.')[1]
    const wrapping = keyring.find((entry) => entry.id === keyId)
    if (wrapping === undefined)
      throw new Error(
        `the data key of ${projectId} is encrypted with key ${keyId ?? '?'}, which SECRETS_KEYS does not have`,
      )
    return decrypt(wrapping.key, dataKeyAad(projectId), encrypted)
  }

  const keys = keyring.map(({ id, key }) => ({ id, key, fingerprint: fingerprintOf({ id, key }) }))

  const wrap = (projectId: string, dataKey: string, held: ReadonlySet<string> | null = null): string => {
    const wrapping = keys.find(({ fingerprint }) => held?.has(fingerprint)) ?? keys[0]
    if (wrapping === undefined) throw new Error('expected at least one key in SECRETS_KEYS, found none')
    return encrypt(wrapping.id, wrapping.key, dataKeyAad(projectId), dataKey)
  }

  const decryptDataKey = async (projectId: string): Promise<Uint8Array> => {
    const encrypted = await loadDataKey(projectId)
    if (encrypted === null) throw new Error(`expected project ${projectId} to have a data key, it has none`)
    return Buffer.from(unwrap(projectId, encrypted), 'base64')
  }

  const dataKeyOf = (projectId: string): Promise<Uint8Array> => {
    const known = decrypted.get(projectId)
    if (known !== undefined) return known
    const decrypting = decryptDataKey(projectId)
    decrypted.set(projectId, decrypting)
    // A failed load is not cached.
    decrypting.catch(() => decrypted.delete(projectId))
    return decrypting
  }

  return {
    keys: keys.map(({ id, fingerprint }) => ({ id, fingerprint })),
    newDataKey: (projectId, held) => wrap(projectId, randomBytes(keyBytes).toString('base64'), held),
    reencrypt: (projectId, encrypted) => wrap(projectId, unwrap(projectId, encrypted)),
    isCurrent: (encrypted) => encrypted.startsWith(`${version}.${keyring[0]?.id ?? ''}.`),
    isFirst: (keyId) => keyring[0]?.id === keyId,
    canDecrypt: (projectId, encrypted) => {
      try {
        unwrap(projectId, encrypted)
        return true
      } catch {
        return false
      }
    },
    encrypt: async (projectId, place, text) =>
      encrypt(dataKeyId, await dataKeyOf(projectId), aadOf(projectId, place), text),
    decrypt: async (projectId, place, encrypted) =>
      decrypt(await dataKeyOf(projectId), aadOf(projectId, place), encrypted),
  }
}

/**
 * A one-way fingerprint of a key and its id. The id is included because the key of a data key is found by its id.
 * The keys are random, so a key cannot be guessed from its fingerprint.
 */
export function fingerprintOf({ id, key }: KeyRing[number]): string {
  return createHash('sha256')
    .update(`orderbell key ${id}\n`)
    .update(key)
    .digest('hex')
    .slice(0, fingerprintLength)
}

function dataKeyAad(projectId: string): string {
  return `projects/${projectId}/data-key`
}

function aadOf(projectId: string, place: string): string {
  return `projects/${projectId}/${place}`
}

/** The additional authenticated data of a ciphertext. */
function additionalData(version: string, keyId: string, aad: string): Uint8Array {
  return Buffer.from(version === firstVersion ? `${version}/${aad}` : `${version}/${keyId}/${aad}`)
}

/** Returns `v2.<key id>.<nonce>.<ciphertext and tag>`, the last two in base64url. */
function encrypt(keyId: string, key: Uint8Array, aad: string, text: string): string {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes }).setAAD(
    additionalData(version, keyId, aad),
  )
  const encrypted = Buffer.concat([cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
  return [version, keyId, nonce.toString('base64url'), encrypted.toString('base64url')].join('.')
}

function decrypt(key: Uint8Array, aad: string, encrypted: string): string {
  const [formatVersion, keyId, nonce, content, ...rest] = encrypted.split('.')
  const isKnown = formatVersion === version || formatVersion === firstVersion
  if (!isKnown || keyId === undefined || nonce === undefined || content === undefined || rest.length > 0)
    throw new Error(`expected a secret in the format ${version} for ${aad}, found another format`)
  const bytes = Buffer.from(content, 'base64url')
  const decipher = createDecipheriv(algorithm, key, Buffer.from(nonce, 'base64url'), {
    authTagLength: tagBytes,
  })
  decipher.setAAD(additionalData(formatVersion, keyId, aad)).setAuthTag(bytes.subarray(-tagBytes))
  return decipher.update(bytes.subarray(0, -tagBytes)).toString('utf8') + decipher.final('utf8')
}
