import { defineConfig } from 'vitest/config'

export default defineConfig({
  // vite would take graphql's ES module build, and Apollo takes the other: two of them refuse each other's schema.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    include: ['test/**/*.test.ts'],
    reporters: ['default', './test/support/summary-reporter.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    // Deadlines, not measures: a machine that is shared may be ten times slower than it was a minute ago.
    testTimeout: 90_000,
    hookTimeout: 120_000,
    // Suites start servers and databases of their own: two at a time is what two cores carry.
    maxWorkers: 2,
  },
})
