/** Decodes the body of a response to text. */
import type { Header } from './outcome.ts'

/**
 * Decodes the body in the charset of its byte order mark, else of its Content-Type, else in UTF-8. Invalid bytes become
 * U+FFFD.
 */
export function bodyText(headers: readonly Header[], body: Uint8Array): string {
  const contentType = headers.find(({ name }) => name.toLowerCase() === 'content-type')?.value ?? ''
  const [, charset = 'utf-8'] = /;\s*charset\s*=\s*["']?([\w.:-]+)/i.exec(contentType) ?? []
  return decoderOf(markedCharset(body) ?? charset).decode(body)
}

function markedCharset([first, second, third]: Uint8Array): string | null {
  if (first === 0xef && second === 0xbb && third === 0xbf) return 'utf-8'
  if (first === 0xfe && second === 0xff) return 'utf-16be'
  return first === 0xff && second === 0xfe ? 'utf-16le' : null
}

function decoderOf(charset: string): InstanceType<typeof TextDecoder> {
  try {
    return new TextDecoder(charset)
  } catch (error) {
    // An unknown charset, or one that TextDecoder does not support for security reasons, such as UTF-7.
    if (error instanceof RangeError) return new TextDecoder()
    throw error
  }
}
