/** Numbers with their units, as the documentation writes them. */

export function number(value: number): string {
  return value.toLocaleString('en-US')
}

export function seconds(ms: number): string {
  return `${ms / 1_000} s`
}

export function bytes(value: number): string {
  const mebibytes = value / (1024 * 1024)
  return mebibytes >= 1 ? `${mebibytes} MiB` : `${value / 1024} KiB`
}
