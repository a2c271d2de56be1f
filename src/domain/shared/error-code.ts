/**
 * Returns the code of an error: an errno name such as `ENOENT`, a code of Node.js such as `ERR_INVALID_URL`, or an
 * SQLSTATE such as `40P01`. Empty when the value is no error or has no code.
 */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}
