/**
 * Writes all generated files: the resolvers' types, docs/configuration.md and docs/cli.md. With --check it writes
 * nothing, and fails when a file differs from its source.
 */
import { cliDocument } from './codegen/cli-document.ts'
import { configurationDocument } from './codegen/configuration-document.ts'
import { writeFiles } from './codegen/generated-file.ts'
import { resolverTypes } from './codegen/resolver-types.ts'

const files = await Promise.all([resolverTypes(), configurationDocument(), cliDocument()])
for (const message of await writeFiles(files, process.argv.includes('--check'))) {
  console.error(message)
  process.exitCode = 1
}
