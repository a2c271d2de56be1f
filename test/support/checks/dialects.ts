/** Fixtures for the tests of all dialects: the request context to render, and the text form of a rendered request. */
import { type RequestContext, type RenderedRequest } from '../../../src/domain/dialects/dialect.ts'
import { exampleEvent } from '../../../src/domain/orders/event.ts'
import { buildRequestContext, buildId, later } from '../samples.ts'
import { dialectRules, type Dialect } from '../../../src/domain/dialects/registry.ts'

/** A test secret and the secret in the examples of the Standard Webhooks specification, as bytes. */
const secretBytes = [Buffer.alloc(32, 7), Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64')]
/** The token in the example of the FlyBuy documentation. */
const exampleToken = 'FFCPUG2A'

/** A request context with the credentials of the dialect: two secrets if it signs, a token if it uses one. */
export function requestContextFor(dialect: Dialect, given: Partial<RequestContext> = {}): RequestContext {
  const { secret, token } = dialectRules[dialect]
  return buildRequestContext({
    event: exampleEvent(buildId('evt'), later(-1_500)),
    at: later(999),
    secrets: secret === null ? [] : secretBytes.map((bytes) => secret.write(bytes)).reverse(),
    token: token === 'NONE' ? null : exampleToken,
    ...given,
  })
}

/** A request in the format of the golden files: headers in the order sent, an empty line, the body. */
export function asText({ headers, body }: RenderedRequest): string {
  return `${headers.map(({ name, value }) => `${name}: ${value}\n`).join('')}\n${body}`
}
