/**
 * Receivers that answer with what they were sent, as echo services and debug pages do: their answers are kept and
 * shown without the secrets that proved the request. What of the request itself is hidden is the dialect's to say.
 */
import { mask } from '../shared/mask.ts'
import type { Header } from './outcome.ts'

/** What is shorter stands in many a text by chance, and hides nothing that could not be guessed. In characters. */
export const minHiddenLength = 6

interface Answered {
  readonly headers: readonly Header[]
  readonly body: Uint8Array
  /** Whether the body was cut, perhaps in the middle of a secret. */
  readonly truncated?: boolean
}

/** The answer as it may be kept, `[masked]` where one of the secrets stood: as it is, or as JSON or a URL writes it. */
export function redactSecrets<T extends Answered>(answer: T, secrets: readonly string[]): T {
  // The ordinary answer is an empty one: no secret has room in it.
  const shortest = Math.min(...secrets.map(({ length }) => length))
  const hasRoom = (length: number): boolean => length >= Math.max(shortest, minHiddenLength)
  if (!hasRoom(answer.body.byteLength) && !answer.headers.some(({ value }) => hasRoom(value.length)))
    return answer
  const forms = formsOf(secrets)
  const body = Buffer.from(answer.body.buffer, answer.body.byteOffset, answer.body.byteLength)
  // A character for each byte, so that what is not a secret stays byte for byte.
  const cut = answer.truncated === true ? cutLength(body, forms) : 0
  const text = cut > 0 || forms.some((form) => body.includes(form, 'latin1')) ? body.toString('latin1') : null
  const whole = text?.slice(0, text.length - cut)
  return {
    ...answer,
    headers: answer.headers.map(({ name, value }) => ({ name, value: hide(value, forms) })),
    body:
      whole === undefined ? answer.body : Buffer.from(hide(whole, forms) + (cut > 0 ? mask : ''), 'latin1'),
  }
}

/** How many bytes at the end of a body that was cut are the beginning of a secret. */
function cutLength(body: Buffer, forms: readonly string[]): number {
  const lengths = forms.map((form) => {
    for (let length = Math.min(form.length - 1, body.length); length >= minHiddenLength; length -= 1)
      if (body.subarray(body.length - length).equals(Buffer.from(form.slice(0, length), 'latin1')))
        return length
    return 0
  })
  return Math.max(0, ...lengths)
}

function hide(text: string, forms: readonly string[]): string {
  return forms.reduce((hidden, form) => hidden.replaceAll(form, mask), text)
}

/** Each way in which a secret may be written, one character for each byte; the longest first, for it may hold others. */
function formsOf(secrets: readonly string[]): readonly string[] {
  const texts = secrets.filter((secret) => secret.length >= minHiddenLength).flatMap(writtenForms)
  // A body in UTF-16 is shown as text, too.
  const forms = texts.flatMap((text) => {
    const utf16 = Buffer.from(text, 'utf16le')
    const inBytes = [Buffer.from(text, 'utf8'), utf16, Buffer.from(utf16).swap16()]
    return [text, ...inBytes.map((bytes) => bytes.toString('latin1'))]
  })
  return [...new Set(forms)].sort((one, other) => other.length - one.length)
}

function writtenForms(secret: string): readonly string[] {
  const json = JSON.stringify(secret).slice(1, -1)
  return [secret, json, json.replaceAll('/', '\\/'), encodeURIComponent(secret)]
}
