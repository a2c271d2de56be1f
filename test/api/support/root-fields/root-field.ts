/**
 * The declaration of a root field: its request with the ids of project A's objects, and the expected response to each
 * kind of key. A root field is FORBIDDEN to a role that its declaration does not name.
 */
import { expect } from 'vitest'
import { documents, type DocumentName, type Input } from '../fixtures.ts'

/** The ids of the objects of project A. */
export interface ObjectIds {
  readonly projectId: string
  readonly site: string
  readonly customer: string
  readonly order: string
  readonly event: string
  readonly webhook: string
  readonly delivery: string
  readonly attempt: string
}

/** The key of the request: project A's own key, or the key of a project without objects. */
export type Relation = 'owner' | 'stranger'

/**
 * The other roles: a READER of project A, the PARTNER that owns the webhook, another PARTNER, and an OPERATOR in
 * project A.
 */
export type Role = 'reader' | 'partner' | 'otherPartner' | 'operator'
export const roles: readonly Role[] = ['reader', 'partner', 'otherPartner', 'operator']

/** The same response as another caller, or the data. Members that are not named may have any value. */
export type RoleAnswer = Relation | ((a: ObjectIds, projectId: string) => object)

export interface RootField {
  readonly query: string
  readonly variables: (a: ObjectIds) => Input
  /**
   * The data. Members that are not named may have any value. Null: FORBIDDEN. `projectId` is the project of the key.
   */
  readonly answers: Readonly<Record<Relation, ((a: ObjectIds, projectId: string) => object) | null>>
  /**
   * The responses to the other roles. Roles that are not named are FORBIDDEN, except OPERATOR, which is answered as
   * the owner.
   */
  readonly roles?: Readonly<Partial<Record<Role, RoleAnswer>>>
}

/** A READER reads the whole project. A PARTNER reads its own objects. */
export const forReaders = { reader: 'owner' } as const
export const forEverybody = { reader: 'owner', partner: 'owner', otherPartner: 'stranger' } as const
/** Changes of webhooks and deliveries: a PARTNER changes its own. */
export const forWebhookOwners = { partner: 'owner', otherPartner: 'stranger' } as const
/** Data that belongs to no project: the same response to all. */
export const forAll = { reader: 'owner', partner: 'owner', otherPartner: 'owner' } as const

/** Another project's id is not found. A list of the other project is empty. */
export const nothing = { nodes: [] }
export const notFound = (...nulls: readonly string[]) => ({
  ...Object.fromEntries(nulls.map((name) => [name, null])),
  userErrors: [{ code: 'NOT_FOUND' }],
})

export function one(field: string, id: keyof ObjectIds, roles: RootField['roles'] = forEverybody): RootField {
  return {
    query: `query ($id: ID!) { it: ${field}(id: $id) { id } }`,
    variables: (a) => ({ id: a[id] }),
    answers: { owner: (a) => ({ it: { id: a[id] } }), stranger: () => ({ it: null }) },
    roles,
  }
}

export function list(
  field: string,
  id: keyof ObjectIds,
  roles: RootField['roles'] = forEverybody,
): RootField {
  return {
    query: `{ it: ${field} { nodes { id } } }`,
    variables: () => ({}),
    answers: { owner: (a) => ({ it: { nodes: [{ id: a[id] }] } }), stranger: () => ({ it: nothing }) },
    roles,
  }
}

/** A change of an object of project A. The stranger is answered NOT_FOUND. */
export function change(
  name: DocumentName,
  input: (a: ObjectIds) => Input,
  owner: (a: ObjectIds) => object,
  ...nulls: readonly string[]
): RootField {
  return {
    query: documents[name].replace(/\{\s*(\w+)\(/, '{ it: $1('),
    variables: (a) => ({ input: input(a) }),
    answers: {
      owner: (a) => ({ it: { ...owner(a), userErrors: [] } }),
      stranger: () => ({ it: notFound(...nulls) }),
    },
    ...(/^(Webhook|SecretRotate|Retry|Cancel)/.test(name) && { roles: forWebhookOwners }),
  }
}

/** A new object in the project of the key, where `number` counts from 1. */
export function create(field: string, type: string, input: Input): RootField {
  return {
    query: `mutation ($input: ${type}!) { it: ${field}Create(input: $input) { ${field} { number } userErrors { code } } }`,
    variables: () => ({ input }),
    answers: {
      owner: () => ({ it: { [field]: { number: 2 }, userErrors: [] } }),
      stranger: () => ({ it: { [field]: { number: 1 }, userErrors: [] } }),
    },
  }
}

export function feedCursor(field: string): RootField {
  const answer = () => ({ it: expect.any(String) as string })
  return {
    query: `{ it: ${field} }`,
    variables: () => ({}),
    answers: { owner: answer, stranger: answer },
    roles: forAll,
  }
}
