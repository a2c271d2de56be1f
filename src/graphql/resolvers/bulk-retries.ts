/** Bulk retries: inputs of the SDL into inputs of the service, and the fields that are computed. */
import { defaultRatePerSecond, doneOf, leftAloneOf } from '../../domain/deliveries/bulk-retry.ts'
import type { DeliveryFilter } from '../../domain/lists/filters.ts'
import { withoutSpaceAround } from '../../domain/shared/text.ts'
import type { BulkRetryDeps, BulkRetryInput } from '../../services/deliveries/bulk-retry.ts'
import { maySee } from '../auth/permissions.ts'
import type { ProjectContext } from '../core/context.ts'
import type * as Sdl from '../core/generated/resolvers.ts'

export const BulkRetry: Sdl.BulkRetryResolvers = {
  done: (bulkRetry) => doneOf(bulkRetry),
  leftAlone: (bulkRetry) => leftAloneOf(bulkRetry.leftAlone),
  leftAloneReasons: (bulkRetry) => bulkRetry.leftAlone,
  key: ({ keyId }, _, { key, loaders }) => (maySee(key.role, 'key') ? loaders.actingKeys.load(keyId) : null),
}

export function bulkRetryDeps({ deps, key }: ProjectContext): BulkRetryDeps {
  return { ...deps, keyId: key.id }
}

export function toBulkRetry(input: Sdl.DeliveriesRetryInput): BulkRetryInput {
  return {
    filter: toFilter(input.filter),
    ratePerSecond: input.ratePerSecond ?? defaultRatePerSecond,
    restartSchedule: input.restartSchedule ?? false,
    dryRun: input.dryRun ?? false,
  }
}

/** Without checks: the service answers problems, where lists throw errors. */
function toFilter(input: Sdl.DeliveryFilter): DeliveryFilter {
  return {
    webhookIds: input.webhookIds ?? [],
    partnerIds: input.partnerIds ?? [],
    orderIds: input.orderIds ?? [],
    eventIds: input.eventIds ?? [],
    topics: (input.topics ?? []).map(withoutSpaceAround),
    states: input.states ?? [],
    outcomes: input.outcomes ?? [],
    statusClasses: input.statusClasses ?? [],
    triggers: input.triggers ?? [],
    attemptNumberFrom: input.attemptNumberFrom ?? null,
    presets: input.presets ?? [],
    finalOnly: input.finalOnly === true ? true : null,
    createdAt: { from: input.createdAt?.from ?? null, until: input.createdAt?.until ?? null },
  }
}
