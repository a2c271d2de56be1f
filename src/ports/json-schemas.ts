/** The port of the validation with JSON Schemas. */

/** Validation with JSON Schemas, drafts 2020-12 and 07, as JSON texts. */
export interface Schemas {
  /** Returns why the text of a JSON object is not a usable schema; null when it is. */
  fault(schema: string): string | null
  /** Returns at most ten places where the value does not match a usable schema; empty when it matches. */
  breaches(schema: string, value: unknown): readonly SchemaBreach[]
}

/** A place where a value does not match its schema. */
export interface SchemaBreach {
  /** The keys and indexes that lead to the invalid part; empty for the whole value. */
  readonly path: readonly string[]
  /** What is wrong with the part, without its name, such as `must be string`. */
  readonly message: string
}
