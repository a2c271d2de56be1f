/** The corpus of destinations: URLs that are allowed or refused, each with its reason. */
import { readFileSync } from 'node:fs'

export interface CorpusEntry {
  readonly url: string
  readonly expect: 'refuse' | 'allow'
  readonly why: string
  readonly reason?: string
  /** The step that refuses the URL first: saving the webhook, or connecting. */
  readonly stage: 'validate' | 'connect'
  /** The addresses of its name when a connection is opened. */
  readonly dns?: readonly string[]
  readonly dnsAtValidate?: readonly string[]
  readonly redirectTo?: string
  readonly policy?: { allowHttp?: boolean; allowNat64?: boolean; selfHosts?: string[]; allowCidrs?: string[] }
}

export const corpus = JSON.parse(
  readFileSync(new URL('ssrf-corpus.json', import.meta.url), 'utf8'),
) as readonly CorpusEntry[]

/** The code with which saving a webhook refuses an entry. */
export function codeFor(entry: CorpusEntry): string {
  if (entry.reason === 'scheme') return entry.policy === undefined ? 'URL_INVALID' : 'URL_NOT_HTTPS'
  if (entry.reason === 'syntax' || entry.reason === 'userinfo') return 'URL_INVALID'
  return 'DESTINATION_NOT_ALLOWED'
}

/** Whether saving refuses the entry. Entries that depend on DNS answers are refused when a connection is opened. */
export function isRefusedAtSave(entry: CorpusEntry): boolean {
  return entry.expect === 'refuse' && (entry.stage === 'validate' || entry.reason === 'self')
}
