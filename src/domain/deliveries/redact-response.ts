/**
 * Masks a webhook's secrets in the responses of receivers that echo the request, such as echo services and debug pages.
 * The request itself is masked by the dialect.
 */
import { mask } from '../shared/mask.ts'
import type { Header } from './outcome.ts'

/**
 * In characters. Shorter secrets are not masked: such texts occur in many responses by coincidence, and the secret
 * could be guessed anyway.
 */
export const minHiddenLength = 6

interface Answered {
  readonly headers: readonly Header[]
  readonly body: Uint8Array
  /** Whether the body was truncated, possibly in the middle of a secret. */
  readonly truncated?: boolean
}

/**
 * Returns the response with each occurrence of a secret replaced by `[masked]`. A secret is found as plain text, as
 * JSON escapes it and as a URL encodes it. A prefix of a secret at the end of a truncated body is masked too.
 */
export function redactSecrets<T extends Answered>(answer: T, secrets: readonly string[]): T {
  // Most responses are empty or too short to contain a secret.
  if (!hasRoom(answer, Math.max(lengthOfShortest(secrets), minHiddenLength))) return answer
  const forms = formsOf(secrets)
  const body = Buffer.from(answer.body.buffer, answer.body.byteOffset, answer.body.byteLength)
  // In latin-1 each byte is one character, so all bytes outside a secret are preserved.
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

function lengthOfShortest(secrets: readonly string[]): number {
  let shortest = Infinity
  for (const { length } of secrets) if (length < shortest) shortest = length
  return shortest
}

/** Whether the body or a header is at least this long. */
function hasRoom({ headers, body }: Answered, length: number): boolean {
  if (body.byteLength >= length) return true
  for (const { value } of headers) if (value.length >= length) return true
  return false
}

/** Returns how many bytes at the end of a truncated body are the beginning of a secret. */
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

/** All encodings of the secrets, one character per byte. Longest first, because one may contain a shorter one. */
function formsOf(secrets: readonly string[]): readonly string[] {
  const texts = secrets.filter((secret) => secret.length >= minHiddenLength).flatMap(writtenForms)
  // A body in UTF-16 is decoded and shown as text, so a secret in it must be masked too.
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
