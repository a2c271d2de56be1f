import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sayWhatIsSkipped } from '../support/redis.ts'
import { until } from '../support/until.ts'
import { backends, openHouse, type House } from './house.ts'

sayWhatIsSkipped('the sweep on Redis')

describe.each(backends)('the sweep on %s', (backend) => {
  let house: House
  beforeEach(async () => void (house = await openHouse(backend)))
  afterEach(() => house.tearDown())

  test('it goes on by itself', async () => {
    let sweeps = 0
    await house.worker({
      sweepEveryMs: 100,
      sweep: async () => {
        sweeps++
      },
    })
    await until(() => sweeps >= 5, { what: 'five sweeps' })
  })

  test('several processes share one sweep', async () => {
    let sweeps = 0
    const parts = {
      sweepEveryMs: 250,
      sweep: async () => {
        sweeps++
      },
    }
    await Promise.all([house.worker(parts), house.worker(parts), house.worker(parts)])
    await until(() => sweeps >= 1, { what: 'the first sweep' })
    const from = performance.now()
    await until(() => sweeps >= 9, { what: 'eight more sweeps' })
    // Three schedules of their own would be through in 700 ms.
    expect(performance.now() - from).toBeGreaterThan(1_200)
  })

  test('a sweep that takes long is not started twice in one process, and holds up no wake', async () => {
    let [sweeps, atOnce, most, rung] = [0, 0, 0, 0]
    let finish = (): void => undefined
    const long = new Promise<void>((resolve) => (finish = resolve))
    const sweep = async (): Promise<void> => {
      sweeps++
      most = Math.max(most, ++atOnce)
      await long
      atOnce--
    }
    await house.worker({
      sweepEveryMs: 100,
      sweep,
      ring: async () => {
        rung++
      },
    })
    const clock = await house.clock()
    await until(() => atOnce === 1, { what: 'the first sweep' })

    clock.wakeAt('whk_01h455vb4pex5vsknk084sn02a', 500)
    await until(() => rung === 1, { what: 'the ring during the sweep' })
    expect(sweeps).toBe(1)
    finish()

    await until(() => sweeps >= 3, { what: 'the sweeps after the long one' })
    expect(most).toBe(1)
  })

  test('a sweep that throws is logged, and the next one comes', async () => {
    let sweeps = 0
    const sweep = (): Promise<void> =>
      ++sweeps === 1 ? Promise.reject(new Error('no rows')) : Promise.resolve()
    await house.worker({ sweepEveryMs: 100, sweep })
    await until(() => sweeps >= 2, { what: 'the next sweep' })
    expect(house.logged).toEqual([{ step: 'sweep.failed', fields: { cause: 'no rows' } }])
  })
})

describe.each(backends)('retention on %s', (backend) => {
  let house: House
  beforeEach(async () => void (house = await openHouse(backend)))
  afterEach(() => house.tearDown())

  test('it runs soon after a start, and goes on by itself', async () => {
    let runs = 0
    const retain = async (): Promise<void> => {
      runs++
    }
    await house.worker({ retainEveryMs: 300, retain })
    await until(() => runs >= 4, { what: 'four runs' })
  })

  test('a process that starts long before the next run is due has one of its own', async () => {
    const first = await house.worker()
    await first.close()
    let runs = 0
    await house.worker({
      retain: async () => {
        runs++
      },
    })
    await until(() => runs >= 1, { what: 'a run soon after the start' })
  })

  test('one that takes long is told to stop when its process stops, and holds up neither sweeps nor wakes', async () => {
    let [sweeps, rung, atOnce, most] = [0, 0, 0, 0]
    let told = false
    const retain = async (signal: AbortSignal): Promise<void> => {
      most = Math.max(most, ++atOnce)
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
      told = true
      atOnce--
    }
    const sweep = async (): Promise<void> => {
      sweeps++
    }
    const ring = async (): Promise<void> => {
      rung++
    }
    const worker = await house.worker({ retainEveryMs: 100, retain, sweepEveryMs: 100, sweep, ring })
    const clock = await house.clock()
    await until(() => atOnce === 1, { what: 'the run' })
    const before = sweeps
    clock.wakeAt('whk_01h455vb4pex5vsknk084sn02a', 300)
    await until(() => sweeps >= before + 3 && rung === 1, { what: 'sweeps and a ring during the run' })
    await worker.close()
    expect({ told, most }).toEqual({ told: true, most: 1 })
  })
})
