/** Sample requests of a dialect: one for the example of each built-in topic that it has a form for. */
import type { Header } from '../deliveries/outcome.ts'
import type { RequestContext } from '../dialects/dialect.ts'
import { maskedHeaders } from '../dialects/masked-headers.ts'
import { dialectRules, type Dialect } from '../dialects/registry.ts'
import { builtInTopics } from '../orders/built-in-topics.ts'
import type { Topic } from '../orders/topic.ts'

/** A request as it is shown, with its secrets masked. */
export interface Sample {
  readonly topic: string
  readonly method: 'POST'
  readonly headers: readonly Header[]
  readonly body: string
}

/** The time of all samples. */
const at = new Date('2026-02-26T17:55:20.442Z')
/** Made into a secret in the form of the dialect. It is masked in the sample. */
const secretBytes = new Uint8Array(32).fill(7)

/** `origin`: how requests name this installation. */
export function samplesOf(
  name: Dialect,
  origin: Pick<RequestContext, 'publicUrl' | 'userAgent'>,
): readonly Sample[] {
  const dialect = dialectRules[name]
  const facts = {
    webhookId: 'whk_01kjd3s5x0f3r8qz6v2m4n7b9f',
    deliveryId: 'dlv_01kjd3s5x0f3r8qz6v2m4n7b9g',
    requestId: 'att_01kjd3s5x0f3r8qz6v2m4n7b9h',
    at,
    secrets: dialect.secret === null ? [] : [dialect.secret.write(secretBytes)],
    token: dialect.token === 'NONE' ? null : 'token',
    publicUrl: origin.publicUrl,
    userAgent: origin.userAgent,
  }
  const sample = ({ name: topic, example: data }: Topic): Sample => {
    const event = {
      id: 'evt_01kjd3s5x0f3r8qz6v2m4n7b9j',
      topic,
      orderId: null,
      sequence: null,
      data,
      createdAt: at,
    }
    const { headers, body, shownBody } = dialect.render({ ...facts, event })
    return { topic, method: 'POST', headers: maskedHeaders(dialect, headers), body: shownBody ?? body }
  }
  return builtInTopics.filter((topic) => dialect.carries(topic.name)).map(sample)
}
