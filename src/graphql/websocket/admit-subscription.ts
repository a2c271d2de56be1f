/** Decides whether a subscription may run: validates its document and counts it against the limits. */
import { noProject } from '../../domain/feed/feed.ts'
import { randomUUID } from 'node:crypto'
import { GraphQLError, type GraphQLSchema } from 'graphql'
import type { SubscribePayload } from 'graphql-ws'
import { contextFor, type Access, type ApiDeps } from '../auth/request-context.ts'
import { inProject } from '../core/context.ts'
import type { OfProject } from '../core/payloads.ts'
import { asFault, codedError } from '../core/errors.ts'
import type { Cost } from '../execution/cost.ts'
import { overBudget } from '../execution/key-budget.ts'
import { isRefusal, nameOf, type OperationValidator } from '../execution/validate-operation.ts'
import type { SocketOfRequest } from './adapter.ts'
import { untilWritable } from './slow-sockets.ts'
import type { SocketLimits } from './connection-limits.ts'
import type { SubscriptionArgs } from './execute-subscription.ts'
import { never, type BeginOperation, type Operation } from './operation-ids.ts'
import type { ResponseBuffer } from './response-buffer.ts'

/** A socket and what its operations share. */
export interface SubscriberSocket extends SocketOfRequest {
  readonly begin: BeginOperation
  readonly buffer: ResponseBuffer
  /** Set when the socket is authenticated. */
  access?: Access
}

/** A subscription that the validator and the limits have accepted. */
export interface AdmittedSubscription extends SubscriptionArgs {
  readonly cost: Cost
}

/** The parts that decide. */
export interface Admission {
  readonly api: ApiDeps
  readonly schema: GraphQLSchema
  readonly validator: OperationValidator
  readonly limits: SocketLimits
}

/** The subscription that may run, or the errors for the client. */
export async function admitSubscription(
  admission: Admission,
  socket: SubscriberSocket,
  id: string,
  payload: SubscribePayload,
): Promise<AdmittedSubscription | readonly GraphQLError[]> {
  const operation = socket.begin(id)
  const found = await admit(admission, socket, operation, payload).catch((error: unknown) => [asFault(error)])
  if (!isRefusal(found)) return found
  // Meanwhile the client has completed this operation and used its id for another one.
  if (!operation.isCurrent()) return never()
  operation.end()
  return found
}

/**
 * This function parses the document, because a syntax error that graphql-ws finds closes the socket with everything that
 * runs on it.
 */
async function admit(
  { api, schema, validator, limits }: Admission,
  { access, socket, buffer }: SubscriberSocket,
  operation: Operation,
  payload: SubscribePayload,
): Promise<AdmittedSubscription | readonly GraphQLError[]> {
  if (access === undefined)
    throw new Error('expected a socket to have a key before it subscribes, it has none')
  if (socket.readyState !== socket.OPEN) return [codedError('BAD_USER_INPUT', 'the socket is closed')]
  const document = validator.parse(payload.query)
  const validated =
    document instanceof GraphQLError ? [document] : validator.check(document, payload, 'SOCKET')
  if (document instanceof GraphQLError || isRefusal(validated)) {
    const over = await overBudget(api.rates, access.key.id, null)
    return over === null ? (validated as readonly GraphQLError[]) : [over]
  }
  const projectId = access.projectId ?? noProject
  const release = limits.takeSubscription({ socket, projectId })
  if (release instanceof GraphQLError) return [release]
  const over = await overBudget(api.rates, access.key.id, validated).catch(asFault)
  if (over !== null) {
    release()
    return [over]
  }
  const requestId = randomUUID()
  const contextValue = contextFor(api, access, { requestId })
  return {
    schema,
    document,
    operation,
    operationName: nameOf(payload),
    variableValues: payload.variables ?? null,
    contextValue,
    contextOf: (event) =>
      contextValue.projectId === null
        ? inProject(contextFor(api, { ...access, projectId: projectOf(event) }, { requestId }))
        : contextValue,
    cost: validated.cost,
    release: () => {
      release()
      operation.end()
    },
    untilWritable: () => untilWritable(socket),
    buffer,
    batch: api.eventBatchingOf(projectId),
  }
}

/** The project of an item of an installation's feed. */
function projectOf(event: unknown): string {
  const { projectId } = event as Partial<OfProject>
  if (projectId === undefined) throw new Error('expected an event of the installation to have a project')
  return projectId
}
