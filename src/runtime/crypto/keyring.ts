/** The generated keyring of an installation without SECRETS_KEYS, stored in the data folder. Not for production. */
import { randomBytes } from 'node:crypto'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '../../ports/log.ts'
import type { KeyRing } from './secrets.ts'
import { errorCode } from '../../domain/shared/error-code.ts'

/** The file name in the data folder. */
export const keyFileName = 'secrets-key'
const keyBytes = 32

/** Reads the keyring, and generates it first if it does not exist. Throws when the file has no 32-byte key. */
export async function keptKeyRing(dataDir: string, log: Log): Promise<KeyRing> {
  // If this process runs as root, the embedded PostgreSQL runs as another user, which must be able to enter the folder.
  await mkdir(dataDir, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 })
  const path = join(dataDir, keyFileName)
  try {
    await writeFile(path, randomBytes(keyBytes).toString('base64'), { flag: 'wx', mode: 0o600 })
    await chmod(path, 0o600)
    const why =
      'SECRETS_KEYS is not set, so a key was made and kept here. Without it no secret can be opened again: before you rely on this installation set SECRETS_KEYS, with kept:<what the file holds> at the end.'
    log.warn({ path, why }, 'secrets.key-generated')
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error
  }
  const key = Buffer.from(await readFile(path, 'utf8'), 'base64')
  if (key.length !== keyBytes)
    throw new Error(`expected ${path} to hold ${keyBytes} bytes in base64, found ${key.length}`)
  return [{ id: 'kept', key }]
}
