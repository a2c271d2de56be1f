/** Reports as text tables, as tables of Markdown and as JSON. */
import { writeSpread } from './figures.ts'
import type { Report } from './run.ts'

/** The table of a report: a header row, then a row for each figure, because figures have long names. */
export function rowsOf({ columns }: Report): readonly (readonly string[])[] {
  const names = [...new Set(Object.values(columns).flatMap((figures) => Object.keys(figures)))]
  const body = names.map((name) => [
    name,
    ...Object.values(columns).map((figures) => {
      const spread = figures[name]
      return spread === undefined ? '' : writeSpread(spread)
    }),
  ])
  return [['', ...Object.keys(columns)], ...body]
}

export function textOf(report: Report): string {
  const rows = rowsOf(report)
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const lines = rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  '),
  )
  const { name, summary } = report.scenario
  return `\n${name}: ${summary}\n${roundsOf(report)}\n\n${lines.join('\n')}`
}

export function markdownTable(rows: readonly (readonly string[])[]): string {
  const [header = [], ...body] = rows
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [header, header.map(() => '---'), ...body].map(line).join('\n')
}

export function roundsOf({ rounds }: Report): string {
  return rounds === 1 ? 'One round.' : `Median of ${rounds} rounds (least to most).`
}

/** The spreads by scenario, column and figure. */
export function jsonOf(reports: readonly Report[]): object {
  return Object.fromEntries(reports.map(({ scenario, columns }) => [scenario.name, columns]))
}
