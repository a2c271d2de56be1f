/**
 * Who may ask for what: the roles that each root field is for, and each kind of thing that an id can name. A role that
 * is not named here is refused with FORBIDDEN, before anything is read. Which rows a role then reaches is its scope
 * (domain/scope), which the stores put into every statement.
 */
import type { GraphQLFieldResolver } from 'graphql'
import type { IdKind } from '../../domain/shared/ids.ts'
import { keyRoles, type KeyRole } from '../../domain/access/key.ts'
import { noProject, projectNeeded, type Context } from '../core/context.ts'
import { codedError } from '../core/errors.ts'
import type { MutationResolvers, QueryResolvers, SubscriptionResolvers } from '../core/generated/resolvers.ts'

type Roles = readonly KeyRole[]

const everybody: Roles = keyRoles
const operator: Roles = ['OPERATOR']
const platform: Roles = ['OPERATOR', 'PLATFORM']
/** All of a project, to be read. */
const readers: Roles = ['OPERATOR', 'PLATFORM', 'READER']
/** Webhooks, to be changed: of a PARTNER its own. */
const webhookOwners: Roles = ['OPERATOR', 'PLATFORM', 'PARTNER']

const queries: Readonly<Record<keyof Required<Omit<QueryResolvers, '__isTypeOf'>>, Roles>> = {
  viewer: everybody,
  project: everybody,
  projects: operator,
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
  webhookChangesCursor: everybody,
  presets: everybody,
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
  webhookDelete: webhookOwners,
  webhookSecretRotate: webhookOwners,
  webhookTest: webhookOwners,
  deliveryRetry: webhookOwners,
  deliveryCancel: webhookOwners,
  projectCreate: operator,
  projectUpdate: platform,
  partnerCreate: platform,
  keyCreate: platform,
  keyRevoke: platform,
}

const subscriptions: Readonly<Record<keyof Required<SubscriptionResolvers>, Roles>> = {
  deliveryAttempts: everybody,
  webhookChanges: everybody,
}

/** By the field's path: `Query.viewer`. */
export const permissions: ReadonlyMap<string, Roles> = new Map(
  Object.entries({ Query: queries, Mutation: mutations, Subscription: subscriptions }).flatMap(
    ([root, fields]) => Object.entries(fields).map(([field, roles]) => [`${root}.${field}`, roles] as const),
  ),
)

/** What an OPERATOR may ask for without naming a project; keys only those of no project. */
const withoutProject: ReadonlySet<string> = new Set([
  'Query.viewer',
  'Query.projects',
  // What is of no project: OPERATOR keys, and what was done with them.
  'Query.keys',
  'Query.auditLog',
  'Query.presets',
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
}

/** Whether an id of that kind names anything to the role; to others it answers like one that is not there. */
export function maySee(role: KeyRole, kind: IdKind): boolean {
  return nodes[kind].includes(role)
}

type Resolve = GraphQLFieldResolver<unknown, Context>

/** The resolver of a root field, for those whom it is for. */
export function permitted(path: string, resolve: Resolve | undefined): Resolve {
  const roles = permissions.get(path)
  if (roles === undefined || resolve === undefined)
    throw new Error(`expected ${path} to have a resolver and to say which roles it is for, it has not`)
  return (parent, args, context, info): unknown => {
    const { role } = context.key
    if (roles.includes(role)) {
      if (context.projectId === noProject && !withoutProject.has(path)) throw projectNeeded()
      return resolve(parent, args, context, info)
    }
    const field = path.slice(path.indexOf('.') + 1)
    throw codedError(
      'FORBIDDEN',
      `a key of role ${role} may not ask for ${field}, which is for ${roles.join(', ')}`,
    )
  }
}
