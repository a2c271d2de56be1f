/** The demo, run as a new user runs it. */
import { afterAll, expect, test } from 'vitest'
import { presets } from '../src/domain/webhooks/preset.ts'
import { checkout, endAll, freshFolder, run } from './system/support/process.ts'
import { waitFor } from './support/wait-for.ts'

afterAll(endAll)

test(
  'the demo with --once shows a webhook of each preset, valid requests and consistent deliveries, and exits with 0',
  { timeout: 180_000 },
  async () => {
    const folder = await freshFolder()
    const { code, stdout, stderr } = await run(['npm', 'run', '--silent', 'demo', '--', '--once'], {
      DATA_DIR: folder.path,
      PORT: '0',
    }).ended
    await folder.remove()

    expect(stderr.replaceAll(/^npm warn.*\n/gm, '')).toBe('')
    expect(code).toBe(0)
    for (const preset of presets) expect(stdout).toContain(`(${preset}`)
    expect(stdout).toMatch(/(\d+) requests by signature or token: \1 valid, 0 invalid/)
    expect(stdout).toContain('The deliveries are consistent.')
  },
)

test.each(['Serving at', 'One webhook of each preset'])(
  'a demo that receives SIGTERM after it printed "%s" exits with 0 and prints no error',
  { timeout: 120_000 },
  async (line) => {
    const folder = await freshFolder()
    const demo = run([process.execPath, 'dist/demo/main.js'], {
      DATA_DIR: folder.path,
      PORT: '0',
    })
    await waitFor(() => demo.stdout().includes(line), { what: line, deadlineMs: 90_000 })
    demo.signal('SIGTERM')
    const { code, stderr } = await demo.ended
    await folder.remove()

    expect(stderr).toBe('')
    expect(code).toBe(0)
  },
)

test('a demo whose output is closed exits without an error', { timeout: 120_000 }, async () => {
  const folder = await freshFolder()
  const command = `exec ${process.execPath} dist/demo/main.js`
  const { stdout, stderr } = await run(['sh', '-c', `(cd ${checkout}; ${command}) | head -n 1`], {
    DATA_DIR: folder.path,
    PORT: '0',
  }).ended
  await folder.remove()

  expect(stderr).toBe('')
  expect(stdout).toMatch(/^Starting .*\n$/)
})
