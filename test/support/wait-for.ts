/**
 * Waits until a condition is true, checked every 10 ms. After the deadline (30 s) throws an error that names the
 * condition.
 */
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
