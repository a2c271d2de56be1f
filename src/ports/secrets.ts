/**
 * Encrypts and decrypts the secrets of a project with its data key. The keys of SECRETS_KEYS encrypt the data keys. A
 * text that was encrypted for one `place` cannot be decrypted for another place.
 */
export interface Secrets {
  /** The keys of SECRETS_KEYS, in the order of the setting. */
  readonly keys: readonly { readonly id: string; readonly fingerprint: string }[]
  /**
   * Creates a data key for a new project and returns it encrypted. It is encrypted with the first key of SECRETS_KEYS
   * whose fingerprint is in `held`, or with the first key if there is none.
   */
  newDataKey(projectId: string, held?: ReadonlySet<string> | null): string
  /** Re-encrypts a project's data key with the first key of SECRETS_KEYS. Throws when no key can decrypt it. */
  reencrypt(projectId: string, encrypted: string): string
  /** Returns whether a data key is encrypted with the first key and in the current format. */
  isCurrent(encrypted: string): boolean
  /** Returns whether the key is the first one of SECRETS_KEYS. */
  isFirst(keyId: string): boolean
  /** Returns whether SECRETS_KEYS has the key that decrypts this data key: its id and its bytes must match. */
  canDecrypt(projectId: string, encrypted: string): boolean
  encrypt(projectId: string, place: string, text: string): Promise<string>
  decrypt(projectId: string, place: string, encrypted: string): Promise<string>
}
