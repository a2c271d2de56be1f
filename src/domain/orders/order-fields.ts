/**
 * The parts of an order's snapshot that a dialect may leave out. `DialectRules.shows` lists the parts that a dialect
 * contains, and with that the parts that a partner can read.
 */
export const orderParts = [
  'partnerIdentifier',
  'redemptionCode',
  'areaName',
  'source',
  'pickupWindow',
  'etaAt',
  'arrivedAt',
  /** The site's id, number and partner identifier. */
  'site',
  'siteName',
  'customer',
] as const
export type OrderPart = (typeof orderParts)[number]
