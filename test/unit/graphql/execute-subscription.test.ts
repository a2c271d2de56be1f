/** Failures of a subscription's field at its start, as graphql-ws sees them. A rejection before the event stream exists would close the socket. */
import { buildSchema, GraphQLError, parse } from 'graphql'
import { describe, expect, test } from 'vitest'
import { makeResponseBuffer } from '../../../src/graphql/websocket/response-buffer.ts'
import {
  executeSubscription,
  type SubscriptionArgs,
} from '../../../src/graphql/websocket/execute-subscription.ts'
import { makeOperationIds } from '../../../src/graphql/websocket/operation-ids.ts'

const done = { done: true, value: undefined } as const

function begin(subscribe: () => unknown) {
  const schema = buildSchema('type Query { a: Int } type Subscription { a: Int }')
  const field = schema.getSubscriptionType()?.getFields()['a']
  if (field === undefined) throw new Error('expected a field')
  field.subscribe = subscribe
  let released = 0
  const beginOperation = makeOperationIds()
  const args = {
    ...{ schema, document: parse('subscription { a }'), operation: beginOperation('1') },
    contextValue: {},
    release: () => void (released += 1),
    buffer: makeResponseBuffer(),
    untilWritable: () => Promise.resolve(true),
    batch: (work: (contextOf: (context: unknown) => unknown) => unknown) => work((context) => context),
  } as unknown as SubscriptionArgs
  return { stream: executeSubscription(args), released: () => released, reuse: () => beginOperation('1') }
}

const hanging = () => ({ next: () => new Promise(() => undefined), return: () => Promise.resolve(done) })
const iterable = (events: object) => ({ [Symbol.asyncIterator]: () => events })

describe('failing subscription field', () => {
  test.each<[string, () => unknown, string]>([
    [
      'throws an error',
      () => {
        throw new Error('broken')
      },
      'broken',
    ],
    [
      'throws a GraphQL error',
      () => {
        throw new GraphQLError('refused')
      },
      'refused',
    ],
    [
      'throws a string',
      () => {
        throw 'a text' as unknown as Error
      },
      'a text',
    ],
    ['rejects', () => Promise.reject(new Error('broken')), 'broken'],
    ['returns undefined', () => undefined, 'must return Async Iterable'],
    ['returns a list', () => [1], 'must return Async Iterable'],
    ['has events that reject', () => iterable({ next: () => Promise.reject(new Error('broken')) }), 'broken'],
  ])('a subscription whose field %s fails at its first event', async (_, subscribe, message) => {
    const { stream, released } = begin(subscribe)
    const events = await stream
    await expect(events.next()).rejects.toThrow(message)
    expect(released()).toBeGreaterThan(0)
  })
})

const soon = (promise: Promise<unknown>) =>
  Promise.race([promise, new Promise((resolve) => setTimeout(() => resolve('nothing'), 50))])

describe('subscription that its client ends', () => {
  test('a subscription that its client ends emits no end, because graphql-ws would send it to the next operation with that id', async () => {
    const { stream, released } = begin(() => iterable(hanging()))
    const events = await stream
    const next = events.next()
    expect(await events.return?.()).toEqual(done)
    expect(await soon(next)).toBe('nothing')
    expect(released()).toBe(1)
  })

  test('a subscription whose id is reused before it has started never starts and is released', async () => {
    let open: (events: object) => void = () => undefined
    const { stream, released, reuse } = begin(() => new Promise((resolve) => (open = resolve)))
    let returned = 0
    const events = { ...hanging(), return: () => Promise.resolve(void (returned += 1)) }
    reuse()
    open(iterable(events))
    expect(await soon(stream)).toBe('nothing')
    expect([released(), returned]).toEqual([1, 1])
  })
})
