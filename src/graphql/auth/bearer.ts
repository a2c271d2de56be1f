/** Reads the key from an `Authorization` header. */
/** The text of a key in `Authorization: Bearer <key>`; null when there is none, or when it cannot be one. */
export function bearer(authorization: unknown): string | null {
  if (typeof authorization !== 'string' || authorization.length > longestHeader) return null
  return /^Bearer +(\S+)$/i.exec(authorization)?.[1] ?? null
}

export const longestHeader = 512
