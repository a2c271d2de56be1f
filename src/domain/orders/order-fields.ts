/**
 * What an order's snapshot tells that a wire may leave out. Which of it a dialect's payloads carry is said in the
 * dialect (`shows`); what follows from it for a partner is `partner-sight.ts`.
 */
export const orderParts = [
  'partnerIdentifier',
  'redemptionCode',
  'areaName',
  'pickupWindow',
  'etaAt',
  'arrivedAt',
  /** Its number and what the partner calls it. */
  'site',
  'siteName',
  'customer',
] as const
export type OrderPart = (typeof orderParts)[number]
