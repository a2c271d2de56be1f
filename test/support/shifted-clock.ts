/**
 * Environment variables for a process whose clock a test can change: on SIGUSR2 its `Date` jumps by `shiftMs`. Timers
 * and `performance.now()` do not change, as when a system clock is set.
 */
export function shiftedClock(shiftMs: number): Readonly<Record<string, string>> {
  return {
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(preloaded)}`,
    CLOCK_SHIFT_MS: String(shiftMs),
  }
}

const preloaded = `
  const RealDate = Date
  let shiftMs = 0
  const now = () => RealDate.now() + shiftMs
  process.on('SIGUSR2', () => {
    shiftMs = Number(process.env.CLOCK_SHIFT_MS)
  })
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
    apply: () => new RealDate(now()).toString(),
    get: (target, key) => (key === 'now' ? now : Reflect.get(target, key)),
  })
`
