/** Tokens: shared secrets that a request contains in clear text, in a header or in the body. */
import { problem, type Problem } from '../shared/problem.ts'

/** Random bytes of a generated token. */
export const tokenBytes = 16
/** The longest token, in characters. */
export const maxTokenLength = 255

// FlyBuy's document puts the token between quotes in a header, so a token may not contain quotes.
const printable = /^[ !#-&(-~]*$/

/** Encodes bytes as a token in lower-case hex: 32 characters for `tokenBytes`, as Foody's document shows. */
export function writeToken(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

/**
 * Returns the token, or a problem. A token has 1 to 255 printable ASCII characters, no quotes, and neither begins nor
 * ends with a space.
 */
export function checkToken(text: string, field: readonly string[]): string | Problem {
  const name = field.at(-1) ?? 'the token'
  if (text === '')
    return problem('REQUIRED', field, `${name} is empty; give it 1 to ${maxTokenLength} characters`)
  if (!printable.test(text))
    return problem(
      'INVALID',
      field,
      `${name} may contain only printable ASCII characters, without quotes (" and ')`,
    )
  if (text.trim() !== text)
    return problem('INVALID', field, `${name} begins or ends with a space, which receivers remove`)
  if (text.length > maxTokenLength)
    return problem('TOO_LONG', field, `${name} has more than ${maxTokenLength} characters`)
  return text
}
