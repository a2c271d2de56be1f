/** Reads the key from an `Authorization` header. */

/** The text of the key in `Authorization: Bearer <key>`; null for any other value and for a value that is too long. */
export function bearer(authorization: unknown): string | null {
  if (typeof authorization !== 'string' || authorization.length > longestHeader) return null
  return /^Bearer +(\S+)$/i.exec(authorization)?.[1] ?? null
}

/** Characters of the longest `Authorization` value that is read. */
export const longestHeader = 512
