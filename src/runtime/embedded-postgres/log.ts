/** Keeps PostgreSQL's own log file from growing for ever: at most two files of about five megabytes. */
import { copyFile, stat, truncate } from 'node:fs/promises'

const largestBytes = 5 * 1024 * 1024
const lookEveryMs = 60_000

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

/** Copied and truncated, not renamed: PostgreSQL holds the file open, for appending. */
async function turnOver(file: string): Promise<void> {
  try {
    if ((await stat(file)).size <= largestBytes) return
    await copyFile(file, `${file}.1`)
    await truncate(file)
  } catch {
    // No log yet, or a full disk: the next look is soon.
  }
}
