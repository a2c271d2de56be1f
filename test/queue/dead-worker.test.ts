import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sayWhatIsSkipped } from '../support/redis.ts'
import { until } from '../support/until.ts'
import { backends, lanes, openHouse, type House } from './house.ts'

const A = 'whk_01h455vb4pex5vsknk084sn02a'

sayWhatIsSkipped('a killed worker on Redis')

describe.each(backends)('when a worker process is killed on %s', (backend) => {
  let house: House
  beforeEach(async () => void (house = await openHouse(backend)))
  afterEach(() => house.tearDown())

  test('its lane is free again within twenty seconds, and rings', async () => {
    const clock = await house.clock()
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', deafWorker], {
      env: { ...process.env, WHERE: JSON.stringify(house.where) },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    clock.wakeNow([A])
    await once(child.stdout, 'data')
    child.kill('SIGKILL')
    const killedAt = performance.now()

    const lane = lanes()
    await house.worker({ ring: lane.ring })
    clock.wakeNow([A])

    await until(() => lane.rings(A) >= 1, { what: 'the ring by another worker', deadlineMs: 22_000 })
    expect(performance.now() - killedAt).toBeLessThan(20_000)
  }, 40_000)
})

/** Rings for ever, and says when it began. */
const deafWorker = `
  import { startLaneWorker } from ${JSON.stringify(new URL('../../src/queue/lane-worker.ts', import.meta.url).href)}
  const nothing = () => undefined
  await startLaneWorker({
    ...JSON.parse(process.env.WHERE),
    log: { debug: nothing, info: nothing, warn: nothing, error: nothing },
    concurrency: 1,
    ring: () => new Promise(() => console.log('ringing')),
    queue: { fetched: nothing },
  })
`
