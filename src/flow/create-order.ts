/** A new order with its customer, and the event that tells of it, in one transaction. Later changes are `change-order.ts`. */
import { orderEvent } from '../domain/event.ts'
import { isIdOf } from '../domain/ids.ts'
import { checkIdempotencyKey } from '../domain/idempotency.ts'
import type { Customer, Order, PickupWindow } from '../domain/order.ts'
import { ok, problem, refused, type Problem, type Result } from '../domain/problem.ts'
import { allFine, checkOptionalText, checkText } from '../domain/text.ts'
import { announce, checkDetails, type ChangedOrder, type MutationWorld } from './change-order.ts'
import { fanOut } from './fan-out.ts'
import type { ProjectTx } from './ports.ts'
import { transactOnce, type Asked } from './transact.ts'

export interface OrderCreateInput {
  readonly siteId: string
  readonly partnerIdentifier?: string | null | undefined
  readonly redemptionCode?: string | null | undefined
  readonly areaName?: string | null | undefined
  readonly pickupWindow?: PickupWindow | null | undefined
  readonly etaAt?: Date | null | undefined
  readonly customer?: NewCustomer | null | undefined
  readonly idempotencyKey?: string | null | undefined
}

interface NewCustomer {
  readonly name: string
  readonly carType?: string | null | undefined
  readonly carColor?: string | null | undefined
  readonly licensePlate?: string | null | undefined
}

type CustomerTexts = Pick<Customer, 'name' | 'carType' | 'carColor' | 'licensePlate'>

export async function createOrder(
  world: MutationWorld,
  input: OrderCreateInput,
): Promise<Result<ChangedOrder>> {
  const details = checkDetails(input)
  const customer = input.customer == null ? ok(null) : checkCustomer(input.customer)
  const checkedKey = allFine({ idempotencyKey: checkIdempotencyKey(input.idempotencyKey) })
  const problems = [details, customer, checkedKey].flatMap((checked): readonly Problem[] =>
    checked.ok ? [] : checked.problems,
  )
  if (!details.ok || !customer.ok || !checkedKey.ok) return refused(...problems)

  const asked: Asked = {
    mutation: 'orderCreate',
    input: { ...input },
    idempotencyKey: checkedKey.value.idempotencyKey,
  }
  let woken: readonly string[] = []
  const result = await transactOnce(world.store, asked, async (tx) => {
    const site = isIdOf('site', input.siteId) ? await tx.siteById(input.siteId) : null
    if (site === null)
      return refused(problem('NOT_FOUND', ['siteId'], 'there is no such site in this project'))
    const receiver = customer.value && (await addCustomer(tx, world, customer.value))
    const order: Order = {
      id: world.chance.newId('order'),
      number: await tx.nextNumber('order'),
      uid: world.chance.newUuid(),
      state: 'CREATED',
      customerState: 'CREATED',
      version: 1,
      sequence: 1,
      siteId: site.id,
      customerId: receiver?.id ?? null,
      partnerIdentifier: null,
      redemptionCode: null,
      areaName: null,
      pickupWindow: null,
      etaAt: null,
      ...details.value,
      arrivedAt: null,
      createdAt: tx.now,
      updatedAt: tx.now,
    }
    await tx.insertOrder(order)
    const change = {
      order,
      topic: 'order.created',
      stateChanged: false,
      customerStateChanged: false,
    } as const
    const event = orderEvent(change, site, receiver, world.chance.newId('event'))
    woken = await fanOut(tx, event, world.chance)
    return ok({ order, eventId: event.id })
  })
  return announce(world, 'orderCreate', result, woken)
}

function checkCustomer(customer: NewCustomer): Result<CustomerTexts> {
  return allFine({
    name: checkText(customer.name, ['customer', 'name']),
    carType: checkOptionalText(customer.carType, ['customer', 'carType']),
    carColor: checkOptionalText(customer.carColor, ['customer', 'carColor']),
    licensePlate: checkOptionalText(customer.licensePlate, ['customer', 'licensePlate']),
  })
}

async function addCustomer(tx: ProjectTx, world: MutationWorld, texts: CustomerTexts): Promise<Customer> {
  const customer: Customer = {
    id: world.chance.newId('customer'),
    number: await tx.nextNumber('customer'),
    ...texts,
    createdAt: tx.now,
    updatedAt: tx.now,
  }
  await tx.insertCustomer(customer)
  return customer
}
