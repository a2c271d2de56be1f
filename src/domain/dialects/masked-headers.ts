import type { Header } from '../deliveries/outcome.ts'
import { mask } from '../shared/mask.ts'
import type { DialectRules } from './dialect.ts'

/** Returns whether the value of the header is a credential or a signature of the dialect. */
export function isSecretHeader({ secretHeaders }: DialectRules, { name }: Header): boolean {
  return secretHeaders.includes(name.toLowerCase())
}

/** Returns the headers as they are stored and shown. */
export function maskedHeaders(dialect: DialectRules, headers: readonly Header[]): readonly Header[] {
  return headers.map((header) =>
    isSecretHeader(dialect, header) ? { name: header.name, value: mask } : header,
  )
}
