/**
 * The roles that may use each root field, and the roles that may see each kind of object by its id. The server refuses
 * a root field to any other role with FORBIDDEN, before it reads anything. Which rows a role may read is decided by the
 * scope of its key, not here.
 */
import type { GraphQLFieldResolver } from 'graphql'
import type { IdKind } from '../../domain/shared/ids.ts'
import { keyRoles, type KeyRole } from '../../domain/access/key.ts'
import { inProject, type Context } from '../core/context.ts'
import { codedError } from '../core/errors.ts'
import type { MutationResolvers, QueryResolvers, SubscriptionResolvers } from '../core/generated/resolvers.ts'

type Roles = readonly KeyRole[]

const everybody: Roles = keyRoles
const operator: Roles = ['OPERATOR']
const platform: Roles = ['OPERATOR', 'PLATFORM']
/** Roles that may read all of a project. */
const readers: Roles = ['OPERATOR', 'PLATFORM', 'READER']
/** Roles that may change webhooks; a PARTNER only its own. */
const webhookOwners: Roles = ['OPERATOR', 'PLATFORM', 'PARTNER']

const queries: Readonly<Record<keyof Required<Omit<QueryResolvers, '__isTypeOf'>>, Roles>> = {
  viewer: everybody,
  project: everybody,
  projects: operator,
  installation: operator,
  partner: readers,
  partners: readers,
  keys: platform,
  auditLog: platform,
  node: everybody,
  nodes: everybody,
  site: readers,
  sites: readers,
  customer: readers,
  customers: readers,
  order: everybody,
  orders: readers,
  event: everybody,
  events: readers,
  webhook: everybody,
  webhooks: everybody,
  delivery: everybody,
  deliveryPreview: everybody,
  deliveryAttempt: everybody,
  topics: everybody,
  deliveries: everybody,
  deliveryAttempts: everybody,
  deliveryAttemptsCursor: everybody,
  eventsCursor: everybody,
  webhookChangesCursor: everybody,
  presets: everybody,
  bulkRetry: everybody,
  bulkRetries: everybody,
}

const mutations: Readonly<Record<keyof Required<MutationResolvers>, Roles>> = {
  siteCreate: platform,
  siteUpdate: platform,
  customerCreate: platform,
  customerUpdate: platform,
  customerErase: platform,
  orderCreate: platform,
  orderUpdate: platform,
  orderStateChange: platform,
  customerStateChange: platform,
  orderDelete: platform,
  eventPublish: platform,
  topicCreate: platform,
  webhookCreate: webhookOwners,
  webhookUpdate: webhookOwners,
  webhookDisable: webhookOwners,
  webhookEnable: webhookOwners,
  webhookPause: webhookOwners,
  webhookResume: webhookOwners,
  webhookDelete: webhookOwners,
  webhookSecretRotate: webhookOwners,
  webhookTest: webhookOwners,
  deliveryRetry: webhookOwners,
  deliveryCancel: webhookOwners,
  deliveriesRetry: webhookOwners,
  bulkRetryPause: webhookOwners,
  bulkRetryResume: webhookOwners,
  bulkRetryCancel: webhookOwners,
  projectCreate: operator,
  projectUpdate: platform,
  partnerCreate: platform,
  partnerUpdate: platform,
  partnerDelete: platform,
  keyCreate: platform,
  keyRevoke: platform,
}

const subscriptions: Readonly<Record<keyof Required<SubscriptionResolvers>, Roles>> = {
  deliveryAttempts: everybody,
  events: everybody,
  webhookChanges: everybody,
}

/** The roles of each root field, by the path of the field, such as `Query.viewer`. */
export const permissions: ReadonlyMap<string, Roles> = new Map(
  Object.entries({ Query: queries, Mutation: mutations, Subscription: subscriptions }).flatMap(
    ([root, fields]) => Object.entries(fields).map(([field, roles]) => [`${root}.${field}`, roles] as const),
  ),
)

/**
 * Root fields that an OPERATOR may use without naming a project. The fields about keys then apply only to keys that
 * belong to no project.
 */
export const rootFieldsWithoutProject: ReadonlySet<string> = new Set([
  'Query.viewer',
  'Query.projects',
  // Data of no project: OPERATOR keys, and the audit log of the changes to them.
  'Query.keys',
  'Query.auditLog',
  'Query.presets',
  // Data of all projects.
  'Query.installation',
  'Query.deliveryAttemptsCursor',
  'Query.webhookChangesCursor',
  'Subscription.deliveryAttempts',
  'Subscription.webhookChanges',
  'Mutation.projectCreate',
  'Mutation.keyCreate',
  'Mutation.keyRevoke',
])

const nodes: Readonly<Record<IdKind, Roles>> = {
  project: everybody,
  key: platform,
  partner: readers,
  site: readers,
  customer: readers,
  order: everybody,
  event: everybody,
  webhook: everybody,
  delivery: everybody,
  attempt: everybody,
  auditEntry: platform,
  bulkRetry: everybody,
}

/**
 * Whether the role may see objects of that kind. For a role that may not, an id of that kind gives the same result as
 * an unknown id.
 */
export function maySee(role: KeyRole, kind: IdKind): boolean {
  return nodes[kind].includes(role)
}

/**
 * Wraps the resolver of a root field so that it runs only for the roles of the field. Throws FORBIDDEN for other roles,
 * and BAD_USER_INPUT when an OPERATOR must name a project first.
 */
export function permitted(
  path: string,
  resolve: GraphQLFieldResolver<unknown, unknown> | undefined,
): GraphQLFieldResolver<unknown, Context> {
  const roles = permissions.get(path)
  if (roles === undefined || resolve === undefined)
    throw new Error(`expected ${path} to have a resolver and a list of roles, it has not`)
  return (parent, args, context, info): unknown => {
    const { role } = context.key
    if (roles.includes(role))
      return resolve(parent, args, rootFieldsWithoutProject.has(path) ? context : inProject(context), info)
    const field = path.slice(path.indexOf('.') + 1)
    throw codedError(
      'FORBIDDEN',
      `a key of role ${role} may not use ${field}; the roles that may are ${roles.join(', ')}`,
    )
  }
}
