/** All dialects by name, and the masking of their headers. */
import type { Header } from '../deliveries/outcome.ts'
import { namesOf } from '../shared/names.ts'
import { fastEventsDialect } from './fast-events.ts'
import { flipdishDialect } from './flipdish.ts'
import { flybuyDialect } from './flybuy.ts'
import { foodyDialect } from './foody.ts'
import { mask } from '../shared/mask.ts'
import { standardDialect } from './standard.ts'
import type { DialectRules } from './dialect.ts'

/** All dialects; the same list as Dialect in the SDL. */
export const dialectRules = {
  STANDARD: standardDialect,
  FLYBUY: flybuyDialect,
  FLIPDISH: flipdishDialect,
  FOODY: foodyDialect,
  FAST_EVENTS: fastEventsDialect,
} as const satisfies Readonly<Record<string, DialectRules>>

export type Dialect = keyof typeof dialectRules

export const dialects = namesOf(dialectRules)

/** Returns the headers with the values of the dialect's secret headers masked, to be stored and shown. */
export function maskHeaders(dialect: Dialect, headers: readonly Header[]): readonly Header[] {
  const { secretHeaders } = dialectRules[dialect]
  return headers.map((header) =>
    secretHeaders.includes(header.name.toLowerCase()) ? { name: header.name, value: mask } : header,
  )
}
