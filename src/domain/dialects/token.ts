/** Tokens: what a receiver compares as it stands, in a header or a body. */
import { problem, type Problem } from '../shared/problem.ts'

/** Random bytes that a token is made of. */
export const tokenBytes = 16
/** The longest token, in characters. */
export const maxTokenLength = 255

// The FlyBuy document writes it between quotes in a header: no quote may stand in it.
const printable = /^[ !#-&(-~]*$/

/** A token as one is generated: 32 lower-case hexadecimal characters, as the Foody document shows. */
export function writeToken(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

/** The token as given, or what is wrong with it: it has 1 to 255 printable ASCII characters without quotes. */
export function checkToken(text: string, field: readonly string[]): string | Problem {
  const name = field.at(-1) ?? 'the token'
  if (text === '')
    return problem('REQUIRED', field, `${name} is empty; give it 1 to ${maxTokenLength} characters`)
  if (!printable.test(text))
    return problem(
      'INVALID',
      field,
      `${name} may have printable ASCII characters only, without quotes (" and ')`,
    )
  if (text.trim() !== text)
    return problem('INVALID', field, `${name} begins or ends with a space, which receivers would not see`)
  if (text.length > maxTokenLength)
    return problem('TOO_LONG', field, `${name} has more than ${maxTokenLength} characters`)
  return text
}
