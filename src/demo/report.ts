/** The lines that the demo prints about partners, attempts and the result. */
import type { SeenAttempt } from './client.ts'
import type { Partner } from './partners.ts'
import type { DemoTenant } from './tenant.ts'

export function partnerText({ name, preset, failures }: Partner): string {
  const fails = failures === 0 ? '' : `, fails ${failures} times and then recovers`
  return `${name} (${preset}${fails})`
}

export function attemptLine({ attempt, delivery }: SeenAttempt): string {
  const order = `#${delivery.event.order.number}`.padEnd(4)
  const topic = delivery.event.topic.padEnd(30)
  const webhook = delivery.webhook.name.padEnd(16)
  const outcome = `${attempt.outcome} ${attempt.statusCode ?? ''}`.padEnd(16)
  const next = attempt.nextStep === 'RETRY' ? `  retry: ${attempt.nextStepReason}` : ''
  return `  ${order}${topic}${webhook} attempt ${attempt.number}  ${outcome} ${attempt.durationMs ?? '?'} ms${next}`
}

/** What the demo has counted. */
export interface Result {
  readonly counts: Awaited<ReturnType<DemoTenant['countDeliveries']>>
  readonly attempts: number
  /** Requests with a valid and with an invalid signature or token. */
  readonly valid: number
  readonly invalid: number
}

export function resultLines({ counts, attempts, valid, invalid }: Result): readonly string[] {
  const { events, deliveries, delivered, pending, exhausted, consistent } = counts
  return [
    '',
    `${events} events, ${deliveries} deliveries, ${attempts} attempts: ${delivered} delivered, ${pending} pending, ${exhausted} exhausted.`,
    `The receivers verified ${valid + invalid} requests by signature or token: ${valid} valid, ${invalid} invalid.`,
    consistent ? 'The deliveries are consistent.' : 'The deliveries are NOT consistent.',
  ]
}

/** What to try while the demo keeps running. */
export function invitation(url: string, { key, projectId }: Pick<DemoTenant, 'key' | 'projectId'>): string {
  return `
The demo keeps running. Open in a browser:
  ${url}   GraphiQL: enter the key there, and run the operation Live to watch attempts
  ${new URL('/', url).href}          the start page, with the documentation; docs/getting-started.md has the next steps

  key      ${key}
  project  ${projectId}

  curl -s ${url} -H 'authorization: Bearer ${key}' -H 'content-type: application/json' \\
    -d '{"query":"{ deliveries(first: 3) { nodes { state attemptCount event { topic } webhook { name } } } }"}'

Press Ctrl+C to end the demo.`
}
