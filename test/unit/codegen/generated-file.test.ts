/** The generated sections of a document. */
import { describe, expect, test } from 'vitest'
import { fillSections, table } from '../../../codegen/generated-file.ts'

const document = (one: string) => `# Title

<!-- generated: one -->
${one}
<!-- end of generated -->

Text.
`

describe('fillSections', () => {
  test('replaces the section and nothing else, and the result can be filled again', () => {
    const filled = fillSections(document('old'), { one: 'new' })
    expect(filled).toBe(document('\nnew\n'))
    expect(fillSections(filled, { one: 'new' })).toBe(filled)
  })

  test('refuses a document that lacks a section, and a document with an unknown one', () => {
    expect(() => fillSections('# Title\n', { one: 'new' })).toThrow(
      'expected the generated sections one, found none',
    )
    expect(() => fillSections(document('old'), {})).toThrow('found one')
  })
})

test('a table leaves out a column that is empty in every row', () => {
  expect(
    table(
      ['a', 'b', 'c'],
      [
        ['1', '', '2'],
        ['3', '', ''],
      ],
    ),
  ).toBe('| a | c |\n| --- | --- |\n| 1 | 2 |\n| 3 |  |')
})
