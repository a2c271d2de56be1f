/** The dependencies: one copy of graphql, and the check for known vulnerabilities. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../', import.meta.url))

interface Lock {
  readonly packages: Readonly<Record<string, { readonly version?: string }>>
}

test('the lock file has one copy of graphql, because two copies refuse each other’s schema', () => {
  const { packages } = JSON.parse(readFileSync(`${root}package-lock.json`, 'utf8')) as Lock
  const paths = Object.keys(packages).filter((path) => path.endsWith('node_modules/graphql'))
  expect(paths).toEqual(['node_modules/graphql'])
})

describe('check for known vulnerabilities', () => {
  test.each([
    ['high', 1, /^audit: high: undici .*\naudit: 1 of 1 .* high or critical/],
    ['critical', 1, /^audit: critical: undici .*\naudit: 1 of 1 /],
    ['moderate', 0, /^audit: moderate: undici .*\naudit: 0 of 1 /],
    [null, 0, /^audit: 0 of 0 /],
  ])('exits for a vulnerability of severity %s with %i', async (severity, code, said) => {
    const about = { id: 1, url: 'https://a.example', title: 'A hole', severity, vulnerable_versions: '*' }
    const answer = await audited((request, response) => {
      const isAudit = request.url?.endsWith('/advisories/bulk') === true
      const found = severity === null ? {} : { undici: [about] }
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(isAudit ? found : packument))
    })
    expect(answer).toEqual({ code, stdout: expect.stringMatching(said) as string })
  })

  test.each([405, 404, 500])('exits with 0 and says so when the registry answers %i', async (status) => {
    const { code, stdout } = await audited((_request, response) => response.writeHead(status).end())
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^audit: NOT CHECKED, .* could not be reached/)])
  })
})

const packument = { name: 'undici', 'dist-tags': { latest: '7.30.2' }, versions: { '7.30.2': {} } }

/** Runs the script as CI does, with a registry of this test. */
async function audited(registry: RequestListener): Promise<{ code: number | null; stdout: string }> {
  const server = createServer(registry)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  // npm remembers advisories by their id.
  const cache = await mkdtemp(join(tmpdir(), 'orderbell-audit-'))
  const registryUrl = `http://127.0.0.1:${port}/`
  const environment = { ...process.env, npm_config_registry: registryUrl, npm_config_cache: cache }
  const child = spawn(process.execPath, ['.ci/audit.mjs'], { cwd: root, env: environment })
  let stdout = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  server.closeAllConnections()
  server.close()
  await rm(cache, { recursive: true, force: true })
  return { code, stdout }
}
