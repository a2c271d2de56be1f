import postgres from 'postgres'
import { expect, inject, test } from 'vitest'
import { checkWrites } from '../../src/db/connection/check-writes.ts'

/** A session of a superuser, who may set what ordinary users may not. */
async function inSession(settings: Record<string, string>) {
  const sql = postgres(inject('postgresUrl'), { max: 1, onnotice: () => undefined, connection: settings })
  return checkWrites(sql).finally(() => sql.end({ timeout: 1 }))
}

test('a server that takes writes passes', async () => {
  await expect(inSession({})).resolves.toBeUndefined()
})

test('a server whose transactions are read-only does not', async () => {
  await expect(inSession({ default_transaction_read_only: 'on' })).rejects.toThrow('read-only')
})

test('a server that cannot write a file does not: the check writes one, and would fail on a full disk', async () => {
  await expect(inSession({ temp_file_limit: '1' })).rejects.toThrow('temporary file size exceeds')
})
