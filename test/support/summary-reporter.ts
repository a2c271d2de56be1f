/**
 * The default reporter with a count of the test files, such as `file 41 of 160`, and a summary as the last line: `N
 * passed, N failed, N skipped`.
 */
import { DefaultReporter, type TestModule, type TestSpecification } from 'vitest/node'

type End = Parameters<DefaultReporter['onTestRunEnd']>

export default class SummaryReporter extends DefaultReporter {
  #files = 0
  #ended = 0

  override onTestRunStart(files: readonly TestSpecification[]): void {
    this.#files = files.length
    super.onTestRunStart(files)
  }

  override onTestModuleEnd(file: TestModule): void {
    this.#ended += 1
    this.log(`file ${this.#ended} of ${this.#files}`)
    super.onTestModuleEnd(file)
  }

  override onTestRunEnd(...[files, errors, reason]: End): void {
    super.onTestRunEnd(files, errors, reason)
    const counts = { passed: 0, failed: 0, skipped: 0, pending: 0 }
    // A file that cannot be loaded has no tests, but counts as a failure.
    let broken = 0
    for (const file of files) {
      const tests = [...file.children.allTests()]
      for (const test of tests) counts[test.result().state] += 1
      if (file.errors().length > 0) broken += 1
    }
    const failed = counts.failed + counts.pending + broken
    process.stdout.write(`${counts.passed} passed, ${failed} failed, ${counts.skipped} skipped\n`)
  }
}
