/**
 * Receivers that answer with what they were sent, as echo services and debug pages do: their answers are kept and
 * shown without the secrets that proved the request. What of the request itself is hidden is the dialect's to say.
 */
import { mask } from './dialect/mask.ts'
import type { Header } from './outcome.ts'

/** What is shorter stands in many a text by chance, and hides nothing that could not be guessed. In characters. */
export const minHiddenLength = 6

interface Answered {
  readonly headers: readonly Header[]
  readonly body: Uint8Array
}

/** The answer as it may be kept, `[masked]` where one of the secrets stood: as it is, or as JSON or a URL writes it. */
export function withoutEchoes<T extends Answered>(answer: T, secrets: readonly string[]): T {
  // The ordinary answer is an empty one: no secret has room in it.
  const shortest = Math.min(...secrets.map(({ length }) => length))
  const hasRoom = (length: number): boolean => length >= Math.max(shortest, minHiddenLength)
  if (!hasRoom(answer.body.byteLength) && !answer.headers.some(({ value }) => hasRoom(value.length)))
    return answer
  const forms = formsOf(secrets)
  const body = Buffer.from(answer.body.buffer, answer.body.byteOffset, answer.body.byteLength)
  // A character for each byte, so that what is not a secret stays byte for byte.
  const text = forms.some((form) => body.includes(form, 'latin1')) ? body.toString('latin1') : null
  return {
    ...answer,
    headers: answer.headers.map(({ name, value }) => ({ name, value: hide(value, forms) })),
    body: text === null ? answer.body : Buffer.from(hide(text, forms), 'latin1'),
  }
}

function hide(text: string, forms: readonly string[]): string {
  return forms.reduce((hidden, form) => hidden.replaceAll(form, mask), text)
}

/** Each way in which a secret may be written, one character for each byte; the longest first, for it may hold others. */
function formsOf(secrets: readonly string[]): readonly string[] {
  const texts = secrets.filter((secret) => secret.length >= minHiddenLength).flatMap(writtenForms)
  const forms = texts.flatMap((text) => [text, Buffer.from(text, 'utf8').toString('latin1')])
  return [...new Set(forms)].sort((one, other) => other.length - one.length)
}

function writtenForms(secret: string): readonly string[] {
  const json = JSON.stringify(secret).slice(1, -1)
  return [secret, json, json.replaceAll('/', '\\/'), encodeURIComponent(secret)]
}
