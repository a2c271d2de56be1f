/**
 * Seals secrets at rest: AES-256-GCM under a data key per project, which is itself sealed by a key
 * of SECRETS_KEYS. What was sealed for one place does not open in another.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { Secrets } from '../flow/ports.ts'

/** The first key seals, all open. */
export type KeyRing = readonly { readonly id: string; readonly key: Uint8Array }[]

const version = 'v1'
const algorithm = 'aes-256-gcm'
const keyBytes = 32
const nonceBytes = 12
// Node accepts shorter tags where the length is not pinned, and a short tag can be forged.
const tagBytes = 16
/** The key id under which a project's own data key seals. */
const dataKeyId = 'data'

/** `loadDataKey` answers a project's sealed data key; null when there is no such project. */
export function makeSecrets(
  ring: KeyRing,
  loadDataKey: (projectId: string) => Promise<string | null>,
): Secrets {
  const opened = new Map<string, Promise<Uint8Array>>()

  const openDataKey = async (projectId: string): Promise<Uint8Array> => {
    const sealed = await loadDataKey(projectId)
    if (sealed === null) throw new Error(`expected project ${projectId} to have a data key, it has none`)
    const keyId = sealed.split('.')[1]
    const wrapping = ring.find((entry) => entry.id === keyId)
    if (wrapping === undefined)
      throw new Error(
        `the data key of ${projectId} is sealed by key ${keyId ?? '?'}, which SECRETS_KEYS does not have`,
      )
    return Buffer.from(unseal(wrapping.key, dataKeyPlace(projectId), sealed), 'base64')
  }

  const dataKeyOf = (projectId: string): Promise<Uint8Array> => {
    const known = opened.get(projectId)
    if (known !== undefined) return known
    const opening = openDataKey(projectId)
    opened.set(projectId, opening)
    // What failed is asked for again the next time.
    opening.catch(() => opened.delete(projectId))
    return opening
  }

  return {
    newDataKey: (projectId) => {
      const [first] = ring
      if (first === undefined) throw new Error('expected at least one key in SECRETS_KEYS, found none')
      return seal(first.id, first.key, dataKeyPlace(projectId), randomBytes(keyBytes).toString('base64'))
    },
    seal: async (projectId, place, text) =>
      seal(dataKeyId, await dataKeyOf(projectId), secretPlace(projectId, place), text),
    open: async (projectId, place, sealed) =>
      unseal(await dataKeyOf(projectId), secretPlace(projectId, place), sealed),
  }
}

function dataKeyPlace(projectId: string): string {
  return `${version}/projects/${projectId}/data-key`
}

function secretPlace(projectId: string, place: string): string {
  return `${version}/projects/${projectId}/${place}`
}

/** `v1.<key id>.<nonce>.<ciphertext and tag>`, the last two in base64url. */
function seal(keyId: string, key: Uint8Array, place: string, text: string): string {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes }).setAAD(Buffer.from(place))
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
  return [version, keyId, nonce.toString('base64url'), sealed.toString('base64url')].join('.')
}

function unseal(key: Uint8Array, place: string, sealed: string): string {
  const [sealedVersion, , nonce, content] = sealed.split('.')
  if (sealedVersion !== version || nonce === undefined || content === undefined)
    throw new Error(`expected a secret sealed as ${version} at ${place}, found another form`)
  const bytes = Buffer.from(content, 'base64url')
  const decipher = createDecipheriv(algorithm, key, Buffer.from(nonce, 'base64url'), {
    authTagLength: tagBytes,
  })
  decipher.setAAD(Buffer.from(place)).setAuthTag(bytes.subarray(-tagBytes))
  return decipher.update(bytes.subarray(0, -tagBytes)).toString('utf8') + decipher.final('utf8')
}
