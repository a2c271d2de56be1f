import { expect, test } from 'vitest'
import { makeClosing } from '../../../src/runtime/closing.ts'
import { nullLog } from '../../support/null-log.ts'

const never = (): Promise<void> => new Promise(() => undefined)

test('parts are closed in reverse order, and a part that fails to close does not keep the others open', async () => {
  const closed: string[] = []
  const closing = makeClosing(nullLog)
  for (const what of ['first', 'second', 'third'])
    closing.add({
      what,
      withinMs: 5_000,
      close: () => {
        closed.push(what)
        return what === 'second' ? Promise.reject(new Error('no')) : Promise.resolve()
      },
    })
  await Promise.all([closing.closeAll(), closing.closeAll()])
  expect(closed).toEqual(['third', 'second', 'first'])
  expect(closing.open()).toEqual([])
})

test('a part that never closes delays the others only by its limit, and is listed as open', async () => {
  const closing = makeClosing(nullLog)
  closing.add({ what: 'storage', withinMs: 5_000, close: () => Promise.resolve() })
  closing.add({ what: 'queue', withinMs: 20, close: never })
  await closing.closeAll()
  expect(closing.open()).toEqual(['queue'])
})

test('a part with atOnce begins to close before the parts that were added after it', async () => {
  const begun: string[] = []
  const closing = makeClosing(nullLog)
  const close = (what: string) => () => {
    begun.push(what)
    return Promise.resolve()
  }
  closing.add({ what: 'dispatcher', withinMs: 5_000, atOnce: true, close: close('dispatcher') })
  closing.add({ what: 'http', withinMs: 5_000, close: close('http') })
  await closing.closeAll()
  expect(begun).toEqual(['dispatcher', 'http'])
})
