/**
 * Starts the server in this process with settings that it must refuse. Returns the message of the refusal, which
 * `main.ts` prints before it exits with 1. Checks that nothing was logged at the level of LOG_LEVEL or above.
 */
import { expect } from 'vitest'
import { makeApp } from '../../../src/app.ts'
import { ConfigFault, readConfig } from '../../../src/config.ts'
import { makeRecordingLog } from '../../api/support/fixtures.ts'
import type { Environment } from './process.ts'

export async function refusedStart(environment: Environment): Promise<string> {
  const config = readConfig({ PORT: '0', ...environment })
  const log = makeRecordingLog()
  const error: unknown = await makeApp(config, log).then(
    (app) => app.stop(),
    (reason: unknown) => reason,
  )
  const printedLevels = config.logLevel === 'error' ? ['error'] : ['info', 'warn', 'error']
  expect(log.lines.filter(({ level }) => printedLevels.includes(level))).toEqual([])
  expect(error).toBeInstanceOf(ConfigFault)
  return (error as ConfigFault).message
}
