/**
 * Seals each project's data key anew by the first key of SECRETS_KEYS, so that older ones can be taken away. The data
 * keys stay what they are: nothing else is written, and whoever reads or writes secrets meanwhile notices nothing.
 */
import type { AdminStore, Secrets } from './ports.ts'

/** Data keys in one transaction. */
const batchSize = 100

export interface Rewrapped {
  readonly rewrapped: number
  /** What seals the data keys now, by the ids of the keys. */
  readonly sealedBy: readonly { readonly keyId: string; readonly dataKeys: number }[]
  /** Data keys that the first key does not seal: somebody else was writing them, or no key of ours opens them. */
  readonly left: number
}

/** As often as one likes, several at once too: what is sealed by the first key already is passed over. */
export async function rewrapDataKeys(world: {
  readonly store: AdminStore
  readonly secrets: Secrets
}): Promise<Rewrapped> {
  const { store, secrets } = world
  const anew = (projectId: string, sealed: string): string | null => {
    if (secrets.isCurrent(sealed) || !secrets.canOpen(projectId, sealed)) return null
    return secrets.rewrap(projectId, sealed)
  }
  let rewrapped = 0
  for (let after: string | null = ''; after !== null;) {
    const done = await store.rewrapDataKeys(after, batchSize, anew)
    rewrapped += done.rewrapped
    after = done.last
  }
  const sealedBy = await store.sealingKeys()
  const left = sealedBy.filter(({ keyId }) => !secrets.isFirst(keyId))
  return { rewrapped, sealedBy, left: left.reduce((sum, { dataKeys }) => sum + dataKeys, 0) }
}
