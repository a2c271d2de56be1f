/** What the tests of every dialect share: one letter, written by each in its own way. */
import { type RequestContext, type RenderedRequest } from '../../../src/domain/dialects/dialect.ts'
import { exampleEvent } from '../../../src/domain/orders/event.ts'
import { buildRequestContext, anId, later } from '../samples.ts'
import { dialectRules, type Dialect } from '../../../src/domain/dialects/registry.ts'

/** The bytes of the secret in the examples of the Standard Webhooks specification, and those of an older one. */
const secretBytes = [Buffer.alloc(32, 7), Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64')]
/** The token of the FlyBuy document's example. */
const exampleToken = 'FFCPUG2A'

/** A letter with all that the dialect proves itself by: two secrets where it signs, a token where it has one. */
export function requestContextFor(dialect: Dialect, given: Partial<RequestContext> = {}): RequestContext {
  const { secret, token } = dialectRules[dialect]
  return buildRequestContext({
    event: exampleEvent(anId('evt'), later(-1_500)),
    at: later(999),
    secrets: secret === null ? [] : secretBytes.map((bytes) => secret.write(bytes)).reverse(),
    token: token === 'NONE' ? null : exampleToken,
    ...given,
  })
}

/** A request as golden files hold it: headers in the order sent, an empty line, the body. */
export function asText({ headers, body }: RenderedRequest): string {
  return `${headers.map(({ name, value }) => `${name}: ${value}\n`).join('')}\n${body}`
}
