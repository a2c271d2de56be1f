/**
 * Flipdish: its document recommends verifying signatures, but shows neither a signature nor a body. We use the format
 * of Standard Webhooks, which has libraries in most languages.
 */
import { isNoticeTopic } from '../orders/topic.ts'
import type { DialectRules } from './dialect.ts'
import { standardDialect } from './standard.ts'

export const flipdishDialect: DialectRules = {
  ...standardDialect,
  carries: (topic) => !isNoticeTopic(topic),
}
