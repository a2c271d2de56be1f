/** The dialects by name. */
import type { Header } from '../deliveries/outcome.ts'
import { namesOf } from '../shared/names.ts'
import { fastEventsDialect } from './fast-events.ts'
import { flipdishDialect } from './flipdish.ts'
import { flybuyDialect } from './flybuy.ts'
import { foodyDialect } from './foody.ts'
import { mask } from '../shared/mask.ts'
import { standardDialect } from './standard.ts'
import type { DialectRules } from './dialect.ts'

/** Every dialect there is; the same list as SDL's Dialect. */
export const dialectRules = {
  STANDARD: standardDialect,
  FLYBUY: flybuyDialect,
  FLIPDISH: flipdishDialect,
  FOODY: foodyDialect,
  FAST_EVENTS: fastEventsDialect,
} as const satisfies Readonly<Record<string, DialectRules>>

export type Dialect = keyof typeof dialectRules

export const dialects = namesOf(dialectRules)

/** The headers as they may be stored and shown. */
export function maskHeaders(dialect: Dialect, headers: readonly Header[]): readonly Header[] {
  const { secretHeaders } = dialectRules[dialect]
  return headers.map((header) =>
    secretHeaders.includes(header.name.toLowerCase()) ? { name: header.name, value: mask } : header,
  )
}
