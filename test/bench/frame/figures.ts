/** The statistics of the bench, and how figures are written. */
/** The measurements of one figure. Machines are noisy: the median counts, and the range is reported. */
export interface Spread {
  readonly median: number
  readonly least: number
  readonly most: number
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (index: number): number => sorted[index] ?? NaN
  return { median: at(Math.floor(sorted.length / 2)), least: at(0), most: at(sorted.length - 1) }
}

/** The value below which this share of the values lies: 0.5 is the median. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN
}

export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** With about three significant digits, and without a fraction from 100. */
export function writeNumber(value: number): string {
  if (Number.isNaN(value)) return 'not known here'
  const magnitude = value === 0 ? 2 : Math.floor(Math.log10(Math.abs(value)))
  const digits = Math.min(5, Math.max(0, 2 - Math.min(magnitude, 2)))
  return value.toLocaleString('en', {
    minimumFractionDigits: Math.min(digits, 3),
    maximumFractionDigits: digits,
  })
}

/** The median, followed by the least and the most when they differ. */
export function writeSpread({ median, least, most }: Spread): string {
  if (least === most || Number.isNaN(median)) return writeNumber(median)
  return `${writeNumber(median)} (${writeNumber(least)} to ${writeNumber(most)})`
}
