/** Rotates PostgreSQL's log file: keeps at most two files of about 5 MiB each. */
import { copyFile, stat, truncate } from 'node:fs/promises'

const largestBytes = 5 * 1024 * 1024
const lookEveryMs = 60_000

/** Rotates the log file now and then checks it every 60 s. */
export async function boundLog(file: string): Promise<{ stop(): void }> {
  await turnOver(file)
  const timer = setInterval(() => void turnOver(file), lookEveryMs)
  timer.unref()
  return {
    stop() {
      clearInterval(timer)
    },
  }
}

/** Copies and truncates the file. A rename would not work, because PostgreSQL keeps the file open for appending. */
async function turnOver(file: string): Promise<void> {
  try {
    if ((await stat(file)).size <= largestBytes) return
    await copyFile(file, `${file}.1`)
    await truncate(file)
  } catch {
    // The log does not exist yet, or the disk is full. The next check tries again.
  }
}
