import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config'

/** One kind of test, which `vitest --project` runs alone. */
function kind(
  name: string,
  include: readonly string[],
  globalSetup: readonly string[],
): TestProjectInlineConfiguration {
  return { extends: true, test: { name, include: [...include], globalSetup: [...globalSetup] } }
}

export default defineConfig({
  // vite would take graphql's ES module build, and Apollo takes the other: two of them refuse each other's schema.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    reporters: ['./test/support/summary-reporter.ts'],
    // Deadlines, not measures: a machine that is shared may be ten times slower than it was a minute ago.
    testTimeout: 90_000,
    hookTimeout: 120_000,
    // Many tests wait: on two cores, three files at a time take the least time.
    maxWorkers: 3,
    // The files of a worker share their imports, which would otherwise take a fifth of the run.
    isolate: false,
    projects: [
      kind('unit', ['test/unit/**/*.test.ts'], []),
      kind('parts', ['test/{db,api,feed}/**/*.test.ts'], ['test/support/global-setup.ts']),
      kind(
        'system',
        ['test/*.test.ts', 'test/system/**/*.test.ts'],
        ['test/support/build.ts', 'test/support/global-setup.ts'],
      ),
    ],
  },
})
