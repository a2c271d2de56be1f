/** The stack traces that a process started from `dist/` logs. */
import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { checkout, run } from '../support/process.ts'

const source = 'src/domain/shared/problem.ts'
const program = `
  import { makeLog } from './dist/runtime/log.js'
  import { unreachable } from './dist/domain/shared/problem.js'
  try { unreachable('a case') } catch (cause) { makeLog('error').error({ cause }, 'step.failed') }`

test('a logged stack trace names the file of src and the line that threw', async () => {
  const lines = (await readFile(`${checkout}${source}`, 'utf8')).split('\n')
  const thrownAt = lines.findIndex((line) => line.includes('throw new Error(`expected no further case')) + 1

  const ended = run([process.execPath, '--input-type=module', '--eval', program])
  await ended.ended

  const [logged] = ended.log('step.failed')
  expect(logged?.['cause']).toMatchObject({
    stack: expect.stringContaining(`at unreachable (file://${checkout}${source}:${thrownAt}:`) as unknown,
  })
})
