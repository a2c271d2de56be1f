/** Waits for a condition instead of for luck: looks every 10 ms, and says what never came. */
export async function waitFor(
  condition: () => boolean | Promise<boolean>,
  { deadlineMs = 30_000, what }: { readonly deadlineMs?: number; readonly what: string },
): Promise<void> {
  const giveUpAt = performance.now() + deadlineMs
  while (!(await condition())) {
    if (performance.now() > giveUpAt) throw new Error(`waited ${deadlineMs} ms in vain for: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
