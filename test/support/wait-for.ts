const shortestPauseMs = 10
const longestPauseMs = 250

/**
 * Waits until a condition is true. The pause between two checks is 10 ms, or four times as long as the check took, at
 * most 250 ms, so that a condition that asks the server leaves it most of the CPU. After the deadline (30 s) throws an
 * error that names the condition.
 */
export async function waitFor(
  condition: () => boolean | Promise<boolean>,
  { deadlineMs = 30_000, what }: { readonly deadlineMs?: number; readonly what: string },
): Promise<void> {
  const giveUpAt = performance.now() + deadlineMs
  for (;;) {
    const beganAt = performance.now()
    if (await condition()) return
    const now = performance.now()
    if (now > giveUpAt) throw new Error(`waited ${deadlineMs} ms, without result, for: ${what}`)
    const pauseMs = Math.min(Math.max(4 * (now - beganAt), shortestPauseMs), longestPauseMs)
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
}
