/** Chooses the port on 127.0.0.1 of the embedded PostgreSQL. */
import { randomInt } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'

// Below the ephemeral ports of Linux (from 32768) and macOS (from 49152). An outgoing connection could otherwise hold
// the port when PostgreSQL has to restart on it.
const firstPort = 20_000
const lastPort = 31_999
const triesAtRandom = 100

/**
 * Returns the last used port if it is free, otherwise a random free port from 20000 to 31999. Another program may still
 * take the port before PostgreSQL does. Throws when no free port is found in 100 attempts.
 */
export async function choosePort(rememberedIn: string): Promise<number> {
  const remembered = Number(await readFile(rememberedIn, 'utf8').catch(() => '0'))
  if (remembered > 0 && remembered < 65_536 && (await isFree(remembered))) return remembered
  for (let tries = 0; tries < triesAtRandom; tries++) {
    const port = randomInt(firstPort, lastPort + 1)
    if (await isFree(port)) return port
  }
  throw new Error(`no free port between ${firstPort} and ${lastPort} for the embedded PostgreSQL`)
}

/** Stores the port for the next start. */
export async function rememberPort(port: number, file: string): Promise<void> {
  await writeFile(`${file}.next`, String(port))
  await rename(`${file}.next`, file)
}

async function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => {
      resolve(false)
    })
    server.listen(port, '127.0.0.1', () => {
      server.close(() => {
        resolve(true)
      })
    })
  })
}
