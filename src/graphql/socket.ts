/** Subscriptions over graphql-transport-ws, through the same gate as HTTP. https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md */
import { randomUUID } from 'node:crypto'
import type { Server } from 'node:http'
import {
  createSourceEventStream,
  execute,
  type ExecutionArgs,
  type ExecutionResult,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
} from 'graphql'
import { CloseCode } from 'graphql-ws'
import { useServer, type Extra } from 'graphql-ws/use/ws'
import { WebSocketServer } from 'ws'
import type { Key } from '../domain/key.ts'
import { contextFor, keyOf, type ApiWorld } from './access.ts'
import { withFreshLoaders, type Context } from './context.ts'
import { presentError } from './errors.ts'
import type { Gate } from './operations.ts'

/** Bytes of one message from a client. */
const maxMessageBytes = 64 * 1024
/** How long a socket may say nothing before it says who it is. */
const initWaitMs = 3_000
const pingEveryMs = 12_000
/** How long a client may take to answer our close. */
const closeGraceMs = 2_000

export interface SocketFace {
  /** Closes every socket with 1001. */
  stop(): Promise<void>
}

type Known = Extra & { key?: Key } & Record<PropertyKey, unknown>

export function makeSocketFace(
  api: ApiWorld,
  schema: GraphQLSchema,
  gate: Gate,
  server: Server,
  path: string,
): SocketFace {
  const sockets = new WebSocketServer({ server, path, maxPayload: maxMessageBytes })
  // A client whose handshake breaks is its own affair; without a listener it would end the process.
  sockets.on('error', (error) => api.log.warn({ cause: error }, 'socket.failed'))

  const contextOf = (args: ExecutionArgs): Context => args.contextValue as Context

  const served = useServer<{ authorization?: unknown }, Known>(
    {
      schema,
      connectionInitWaitTimeout: initWaitMs,
      // Otherwise a fault's own message stands in the reason of the close.
      isProd: true,
      onConnect: async ({ connectionParams, extra }) => {
        try {
          const key = await keyOf(api, connectionParams?.authorization)
          if (key !== null) extra.key = key
          // False closes with 4403.
          return key !== null
        } catch (error) {
          api.log.error({ requestId: randomUUID(), cause: error }, 'request.failed')
          extra.socket.close(CloseCode.InternalServerError, 'Internal server error')
          return false
        }
      },
      // Parsed here and not by graphql-ws: there a syntax error closes the socket and all that runs on it.
      onSubscribe: ({ extra }, _id, payload): ExecutionArgs | readonly GraphQLError[] => {
        const { key } = extra
        if (key === undefined)
          throw new Error('expected a socket to have a key before it subscribes, it has none')
        const document = gate.parse(payload.query)
        if (document instanceof GraphQLError) return [document]
        const errors = gate.check(document, payload.operationName, 'SOCKET')
        if (errors.length > 0) return errors
        return {
          schema,
          document,
          operationName: payload.operationName ?? null,
          variableValues: payload.variables ?? null,
          contextValue: contextFor(api, key),
        }
      },
      subscribe: (args) => subscribeFresh(args),
      onNext: (_context, _id, _payload, args, result) =>
        result.errors === undefined
          ? undefined
          : { data: result.data ?? null, errors: presentErrors(result.errors, contextOf(args)) },
      onError: (_context, _id, _payload, errors) =>
        errors.map((error) =>
          error instanceof GraphQLError ? presentError(error, randomUUID(), api.log) : error,
        ),
    },
    sockets,
    pingEveryMs,
  )
  // In place of graphql-ws's own listener, which prints a stack for whatever a client sends amiss, and listens
  // only once. ws has closed the socket by then.
  sockets.on('connection', (socket) => {
    socket.removeAllListeners('error')
    socket.on('error', (error) => api.log.debug({ cause: error.message }, 'socket.failed'))
  })

  function presentErrors(
    errors: readonly GraphQLError[],
    { requestId }: Context,
  ): readonly GraphQLFormattedError[] {
    return errors.map((error) => presentError(error, requestId, api.log))
  }

  return {
    stop: async () => {
      const disposed = served.dispose()
      // A client that does not answer the close would be waited for half a minute.
      const timer = setTimeout(() => {
        for (const client of sockets.clients) client.terminate()
      }, closeGraceMs)
      await disposed
      clearTimeout(timer)
    },
  }
}

/**
 * As graphql's subscribe, with fresh loaders for each event: one context serves a subscription for all its life, and
 * loaders that remember would bring the same delivery, as it first was, again and again.
 */
async function subscribeFresh(
  args: ExecutionArgs,
): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult> {
  const stream = await createSourceEventStream(args)
  if (!(Symbol.asyncIterator in stream)) return stream
  const events = stream[Symbol.asyncIterator]()
  const results: AsyncIterableIterator<ExecutionResult> = {
    next: async () => {
      const event = await events.next()
      if (event.done === true) return { done: true, value: undefined }
      const contextValue = withFreshLoaders(args.contextValue as Context)
      return { done: false, value: await execute({ ...args, rootValue: event.value, contextValue }) }
    },
    return: async () => {
      await events.return?.()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]: () => results,
  }
  return results
}
