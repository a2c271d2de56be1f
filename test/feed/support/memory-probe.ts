/** A server in its own process that reports its heap size after garbage collection on request. The first argument contains its settings as JSON. */
import { setTimeout as pause } from 'node:timers/promises'
import { makeApp } from '../../../src/app.ts'
import { readConfig } from '../../../src/config.ts'
import { nullLog } from '../../support/null-log.ts'

const app = await makeApp(readConfig(JSON.parse(process.argv[2] ?? '{}') as Record<string, string>), nullLog)
process.on('message', (message) => {
  if (message === 'weigh') void weigh()
  if (message === 'stop') void app.stop().then(() => process.exit(0))
})
process.send?.({ url: app.address?.url })

async function weigh(): Promise<void> {
  for (let round = 0; round < 3; round += 1) {
    await pause(100)
    globalThis.gc?.()
  }
  process.send?.({ heapBytes: process.memoryUsage().heapUsed })
}
