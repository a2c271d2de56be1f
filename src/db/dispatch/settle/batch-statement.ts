/**
 * Statements over a batch: each column of the batch is one array parameter. The text of a statement is built once,
 * because a fragment object for each column would cost about a millisecond for every commit.
 */
import type postgres from 'postgres'
import { arrayParameter } from './array-parameter.ts'

export type Value = string | number | null

/**
 * A column of a batch. The values are text or numbers only: postgres.js does not pass an array of dates or booleans as
 * an array.
 */
export interface Column<Item> {
  readonly type: 'text' | 'int' | 'bigint' | 'float8' | 'timestamptz'
  readonly value: (item: Item) => Value
}

/** By the names that the statement uses. */
export type Columns<Item> = Readonly<Record<string, Column<Item>>>

export function text<Item>(value: (item: Item) => string | null): Column<Item> {
  return { type: 'text', value }
}

export function int<Item>(value: (item: Item) => number | null): Column<Item> {
  return { type: 'int', value }
}

export function instant<Item>(value: (item: Item) => Date | null): Column<Item> {
  return { type: 'timestamptz', value: (item) => value(item)?.toISOString() ?? null }
}

/** A table of the batch with some of its columns, and `place`: the item's position in the batch from 1. */
export interface BatchTable<Item> {
  readonly name: string
  readonly columns: Columns<Item>
}

/**
 * Returns a function that runs the statement for a batch. Its `parts` can read each of the tables, and contain one `?`:
 * an array of text that is passed beside the batch. `last` follows the parts.
 */
export function batchStatement<Item, Row extends object>(
  tables: readonly BatchTable<Item>[],
  parts: readonly string[],
  last: string,
): (sql: postgres.ISql, batch: readonly Item[], texts: readonly string[]) => Promise<Row[]> {
  const columns = tables.flatMap((table) => Object.values(table.columns))
  const strings = `with ${[...tables.map(tableText), ...parts].join(', ')} ${last}`.split('?')
  // As postgres.js takes it from a tagged template.
  const statement = Object.assign(strings, { raw: strings })
  return (sql, batch, texts) => {
    const arrays = columns.map(({ value }) => arrayParameter(batch.map(value)))
    return sql<Row[]>(statement, ...arrays, texts)
  }
}

function tableText<Item>({ name, columns }: BatchTable<Item>): string {
  const arrays = Object.values(columns).map(({ type }) => `?::${type}[]`)
  const names = Object.keys(columns).join(', ')
  return `${name} as (select * from unnest(${arrays.join(', ')}) with ordinality as ${name}(${names}, place))`
}

/** The columns of items that are part of other items. */
export function columnsOf<Whole, Part>(
  columns: Columns<Part>,
  partOf: (whole: Whole) => Part,
): Columns<Whole> {
  return Object.fromEntries(
    Object.entries(columns).map(([name, { type, value }]) => [
      name,
      { type, value: (whole: Whole) => value(partOf(whole)) },
    ]),
  )
}
