/**
 * Flipdish: its document recommends verifying signatures and shows neither them nor a body. Our choice is the
 * wire of Standard Webhooks, which has libraries in most languages.
 */
import type { DialectRules } from './dialect.ts'
import { standardDialect } from './standard.ts'

export const flipdishDialect: DialectRules = { ...standardDialect }
