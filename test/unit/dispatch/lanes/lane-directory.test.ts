import { describe, expect, test } from 'vitest'
import { makeLaneDirectory } from '../../../../src/dispatch/lanes/lane-directory.ts'

function directoryOf(...existing: readonly string[]) {
  const statements: (readonly string[])[] = []
  const directory = makeLaneDirectory({
    store: {
      urlsOf: (webhookIds) => {
        statements.push(webhookIds)
        const found = webhookIds.filter((webhookId) => existing.includes(webhookId))
        return Promise.resolve(
          found.map((webhookId) => ({ webhookId, projectId: 'prj_1', url: `https://${webhookId}.example/` })),
        )
      },
    },
    sender: { hostOf: (url) => new URL(url).host },
  })
  return { directory, statements }
}

describe('lane directory', () => {
  test('lanes that are loaded together are read by one statement, and then cached', async () => {
    const { directory, statements } = directoryOf('a', 'b')
    const lanes = await Promise.all([directory.load('a'), directory.load('b')])
    expect(lanes).toEqual([
      { webhookId: 'a', projectId: 'prj_1', host: 'a.example' },
      { webhookId: 'b', projectId: 'prj_1', host: 'b.example' },
    ])
    expect(statements).toEqual([['a', 'b']])
    expect(directory.cached('a')).toBe(lanes[0])
  })

  test('a deleted webhook has no lane, and nothing is cached for it', async () => {
    const { directory } = directoryOf()
    expect(await directory.load('gone')).toBeNull()
    expect(directory.cached('gone')).toBeUndefined()
  })

  test('a remembered lane replaces the cached one, because its URL has changed', async () => {
    const { directory } = directoryOf('a')
    await directory.load('a')
    directory.remember({ webhookId: 'a', projectId: 'prj_1', host: 'new.example' })
    expect(directory.cached('a')?.host).toBe('new.example')
  })
})
