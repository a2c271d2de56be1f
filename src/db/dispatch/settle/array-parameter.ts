/** Array parameters in PostgreSQL's text form of arrays. */

/** May be an escape sequence that an array of PostgreSQL does not have, such as `\n`. */
const foreignEscape = /\\[^"\\]/

/**
 * Returns the array as the text of a parameter. The text is that of JSON in other brackets: both write strings in double
 * quotes, escape a quote or a backslash by a backslash, and write null and numbers without quotes. If the text may contain
 * another escape of JSON, for example of a line end, the array itself is returned, which postgres.js writes correctly but
 * more slowly.
 */
export function arrayParameter(
  values: readonly (string | number | null)[],
): string | readonly (string | number | null)[] {
  const json = JSON.stringify(values)
  return foreignEscape.test(json) ? values : `{${json.slice(1, -1)}}`
}
