/** A request whose lease leaves too little time is not sent, whatever it waited for. */
import { describe, expect, test } from 'vitest'
import { leavesTimeLimit, type ClockReading } from '../../../src/domain/deliveries/lease.ts'
import { buildRequest, makeTestSender, httpReceiver, rawReceiver, waitFor } from './receiver.ts'

const clocks = (): ClockReading => ({ monotonicMs: performance.now(), wallMs: Date.now() })

/** Blocks the event loop, as a pause of the process does. */
function stall(ms: number): void {
  const untilMs = performance.now() + ms
  while (performance.now() < untilMs);
}

describe('mayBegin', () => {
  test('a request that may not begin is not sent, and its result has notBegun', async () => {
    let requests = 0
    const receiver = await httpReceiver((_request, response) => {
      requests += 1
      response.end('ok')
    })
    const sender = makeTestSender()
    const result = await sender.send(buildRequest(receiver.url, { mayBegin: () => false }))
    expect(result).toMatchObject({ notBegun: true, answer: { kind: 'INTERRUPTED' }, response: null })

    expect((await sender.send(buildRequest(receiver.url, { mayBegin: () => true }))).notBegun).toBeUndefined()
    expect(requests).toBe(1)
  })

  test('mayBegin is checked after the connection is open, so that a blocked event loop counts', async () => {
    let requests = 0
    const receiver = await httpReceiver((_request, response) => {
      requests += 1
      response.end('ok')
    })
    const sender = makeTestSender()
    const limitMs = 150
    const beganAt = performance.now()
    const mayBegin = (): boolean => performance.now() - beganAt < limitMs
    const sending = sender.send(buildRequest(receiver.url, { mayBegin }))
    stall(2 * limitMs)
    expect((await sending).notBegun).toBe(true)
    expect(requests).toBe(0)
  })

  test('mayBegin is also checked on a kept connection', async () => {
    let requests = 0
    const receiver = await httpReceiver((_request, response) => {
      requests += 1
      response.end('ok')
    })
    const sender = makeTestSender()
    await sender.send(buildRequest(receiver.url))
    expect((await sender.send(buildRequest(receiver.url, { mayBegin: () => false }))).notBegun).toBe(true)
    expect((await sender.send(buildRequest(receiver.url))).answer.kind).toBe('ANSWERED')
    expect(requests).toBe(2)
  })

  test('a request whose time limit ends before it could begin is not a failure of the receiver', async () => {
    const receiver = await rawReceiver(() => undefined)
    let may = true
    const sending = makeTestSender().send(
      buildRequest(receiver.url.replace('http:', 'https:'), { mayBegin: () => may, timeoutMs: 300 }),
    )
    await waitFor(() => receiver.connections() === 1)
    may = false
    expect(await sending).toMatchObject({ notBegun: true })
  })

  test('a request that has begun times out as usual after its lease has expired', async () => {
    const receiver = await httpReceiver(() => undefined)
    let may = true
    const sending = makeTestSender().send(buildRequest(receiver.url, { mayBegin: () => may, timeoutMs: 300 }))
    await waitFor(() => receiver.connections() === 1)
    await new Promise((resolve) => setTimeout(resolve, 50))
    may = false
    const result = await sending
    expect([result.answer.kind, result.notBegun]).toEqual(['TIMED_OUT', undefined])
  })

  test('a request may not begin ten seconds after its claim by either clock', () => {
    const now = clocks()
    expect(leavesTimeLimit({ ...now, monotonicMs: now.monotonicMs - 10_000 }, clocks())).toBe(false)
    expect(leavesTimeLimit({ ...now, wallMs: now.wallMs - 10_000 }, clocks())).toBe(false)
    expect(leavesTimeLimit(now, clocks())).toBe(true)
  })
})
