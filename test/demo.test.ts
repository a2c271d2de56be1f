/** The demo, as a newcomer runs it: it must end by itself and say that all is well. */
import { afterAll, expect, test } from 'vitest'
import { presets } from '../src/domain/preset.ts'
import { endAll, freshFolder, run } from './chaos/process.ts'

afterAll(endAll)

test(
  'the demo shows one webhook of each preset, proves every request, finds its deliveries consistent and ends',
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
    expect(stdout).toMatch(/(\d+) requests by signature or token: \1 right, 0 wrong/)
    expect(stdout).toContain('The deliveries are consistent.')
  },
)
