/** The corpus of destinations: what may be rung and what may not, each entry with its reason. */
import { readFileSync } from 'node:fs'

export interface CorpusEntry {
  readonly url: string
  readonly expect: 'refuse' | 'allow'
  readonly why: string
  readonly reason?: string
  /** What refuses it first: saving the webhook, or connecting. */
  readonly stage: 'validate' | 'connect'
  /** What its name resolves to when a connection is made. */
  readonly dns?: readonly string[]
  readonly dnsAtValidate?: readonly string[]
  readonly redirectTo?: string
  readonly policy?: { allowHttp?: boolean; allowNat64?: boolean; selfHosts?: string[]; allowCidrs?: string[] }
}

export const corpus = JSON.parse(
  readFileSync(new URL('ssrf-corpus.json', import.meta.url), 'utf8'),
) as readonly CorpusEntry[]

/** What saving a webhook says of an entry that it refuses. */
export function codeFor(entry: CorpusEntry): string {
  if (entry.reason === 'scheme') return entry.policy === undefined ? 'URL_INVALID' : 'URL_NOT_HTTPS'
  if (entry.reason === 'syntax' || entry.reason === 'userinfo') return 'URL_INVALID'
  return 'DESTINATION_NOT_ALLOWED'
}

/** Whether saving refuses it; what only a name's answers tell is told when a connection is made. */
export function isRefusedAtSave(entry: CorpusEntry): boolean {
  return entry.expect === 'refuse' && (entry.stage === 'validate' || entry.reason === 'self')
}
