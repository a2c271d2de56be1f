import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { userAgent, version } from '../../../src/runtime/version.ts'

const run = promisify(execFile)
const checkout = new URL('../../../', import.meta.url).pathname

test('version and User-Agent are those of package.json', async () => {
  const manifest = JSON.parse(await readFile(join(checkout, 'package.json'), 'utf8')) as { version: string }
  expect(version).toBe(manifest.version)
  expect(userAgent).toBe(`Orderbell/${manifest.version.split(/[-+]/)[0] ?? ''} (Webhooks/1.0.0)`)
})

test('a build in dist/ reads the version from the package.json of its parent folder, here a pre-release', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'orderbell-version-'))
  try {
    await writeFile(join(folder, 'package.json'), '{"type":"module","version":"3.4.5-rc.1"}')
    for (const file of ['runtime/version.ts', 'domain/dialects/user-agent.ts'])
      await cp(join(checkout, 'src', file), join(folder, 'dist', file))
    const script = `import(${JSON.stringify(join(folder, 'dist/runtime/version.ts'))}).then(({ userAgent }) => console.log(userAgent))`
    const { stdout } = await run(process.execPath, ['--import', 'tsx', '-e', script], { cwd: checkout })
    expect(stdout.trim()).toBe('Orderbell/3.4.5 (Webhooks/1.0.0)')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
