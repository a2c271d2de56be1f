import postgres from 'postgres'
import { expect, inject, test } from 'vitest'
import { checkWrites } from '../../../src/db/connection/check-writes.ts'

/** Runs the check in a superuser's session with these settings, some of which only a superuser may set. */
async function checkWithSettings(settings: Record<string, string>) {
  const sql = postgres(inject('postgresUrl'), { max: 1, onnotice: () => undefined, connection: settings })
  return checkWrites(sql).finally(() => sql.end({ timeout: 1 }))
}

test('checkWrites accepts a server that accepts writes', async () => {
  await expect(checkWithSettings({})).resolves.toBeUndefined()
})

test('checkWrites refuses a server whose transactions are read-only', async () => {
  await expect(checkWithSettings({ default_transaction_read_only: 'on' })).rejects.toThrow('read-only')
})

test('checkWrites writes a file, and refuses a server that cannot, as with a full disk', async () => {
  await expect(checkWithSettings({ temp_file_limit: '1' })).rejects.toThrow('temporary file size exceeds')
})
