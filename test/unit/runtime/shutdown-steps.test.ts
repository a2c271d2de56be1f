import { expect, test } from 'vitest'
import { makeShutdownSteps } from '../../../src/runtime/shutdown-steps.ts'
import { nullLog } from '../../support/null-log.ts'

const never = (): Promise<void> => new Promise(() => undefined)

test('parts are closed in reverse order, and a part that fails to close does not keep the others open', async () => {
  const closed: string[] = []
  const shutdownSteps = makeShutdownSteps(nullLog)
  for (const what of ['first', 'second', 'third'])
    shutdownSteps.add({
      what,
      withinMs: 5_000,
      close: () => {
        closed.push(what)
        return what === 'second' ? Promise.reject(new Error('no')) : Promise.resolve()
      },
    })
  await Promise.all([shutdownSteps.closeAll(), shutdownSteps.closeAll()])
  expect(closed).toEqual(['third', 'second', 'first'])
  expect(shutdownSteps.open()).toEqual([])
})

test('a part that never closes delays the others only by its limit, and is listed as open', async () => {
  const shutdownSteps = makeShutdownSteps(nullLog)
  shutdownSteps.add({ what: 'storage', withinMs: 5_000, close: () => Promise.resolve() })
  shutdownSteps.add({ what: 'queue', withinMs: 20, close: never })
  await shutdownSteps.closeAll()
  expect(shutdownSteps.open()).toEqual(['queue'])
})

test('a part with atOnce begins to close before the parts that were added after it', async () => {
  const begun: string[] = []
  const shutdownSteps = makeShutdownSteps(nullLog)
  const close = (what: string) => () => {
    begun.push(what)
    return Promise.resolve()
  }
  shutdownSteps.add({ what: 'dispatcher', withinMs: 5_000, atOnce: true, close: close('dispatcher') })
  shutdownSteps.add({ what: 'http', withinMs: 5_000, close: close('http') })
  await shutdownSteps.closeAll()
  expect(begun).toEqual(['dispatcher', 'http'])
})
