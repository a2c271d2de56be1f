/** A request whose lease leaves too little time is not written to its receiver, whatever it waited for. */
import { describe, expect, test } from 'vitest'
import { leavesTimeLimit, type ClockReading } from '../../../src/domain/deliveries/lease.ts'
import { aRequest, aSender, httpReceiver, rawReceiver, waitFor } from './receiver.ts'

const clocks = (): ClockReading => ({ monotonicMs: performance.now(), wallMs: Date.now() })

/** Holds up the event loop, as a pause of the process does. */
function stall(ms: number): void {
  const untilMs = performance.now() + ms
  while (performance.now() < untilMs);
}

describe('a request', () => {
  test('that may not begin any more is not written, and the result says so', async () => {
    let requests = 0
    const receiver = await httpReceiver((_request, response) => {
      requests += 1
      response.end('ok')
    })
    const sender = aSender()
    const result = await sender.send(aRequest(receiver.url, { mayBegin: () => false }))
    expect(result).toMatchObject({ notBegun: true, answer: { kind: 'INTERRUPTED' }, response: null })

    expect((await sender.send(aRequest(receiver.url, { mayBegin: () => true }))).notBegun).toBeUndefined()
    expect(requests).toBe(1)
  })

  test('is asked after its connection was made: a stall of the event loop meanwhile counts', async () => {
    let requests = 0
    const receiver = await httpReceiver((_request, response) => {
      requests += 1
      response.end('ok')
    })
    const sender = aSender()
    const limitMs = 150
    const beganAt = performance.now()
    const mayBegin = (): boolean => performance.now() - beganAt < limitMs
    const sending = sender.send(aRequest(receiver.url, { mayBegin }))
    stall(2 * limitMs)
    expect((await sending).notBegun).toBe(true)
    expect(requests).toBe(0)
  })

  test('on a kept connection is asked as well', async () => {
    let requests = 0
    const receiver = await httpReceiver((_request, response) => {
      requests += 1
      response.end('ok')
    })
    const sender = aSender()
    await sender.send(aRequest(receiver.url))
    expect((await sender.send(aRequest(receiver.url, { mayBegin: () => false }))).notBegun).toBe(true)
    expect((await sender.send(aRequest(receiver.url))).answer.kind).toBe('ANSWERED')
    expect(requests).toBe(2)
  })

  test('whose time limit ends before it could begin is not the receiver’s failure', async () => {
    const receiver = await rawReceiver(() => undefined)
    let may = true
    const sending = aSender().send(
      aRequest(receiver.url.replace('http:', 'https:'), { mayBegin: () => may, timeoutMs: 300 }),
    )
    await waitFor(() => receiver.connections() === 1)
    may = false
    expect(await sending).toMatchObject({ notBegun: true })
  })

  test('that has begun is over as before, also when its lease is', async () => {
    const receiver = await httpReceiver(() => undefined)
    let may = true
    const sending = aSender().send(aRequest(receiver.url, { mayBegin: () => may, timeoutMs: 300 }))
    await waitFor(() => receiver.connections() === 1)
    await new Promise((resolve) => setTimeout(resolve, 50))
    may = false
    const result = await sending
    expect([result.answer.kind, result.notBegun]).toEqual(['TIMED_OUT', undefined])
  })

  test('that waited for ten seconds since its claim, by any clock, may not begin', () => {
    const now = clocks()
    expect(leavesTimeLimit({ ...now, monotonicMs: now.monotonicMs - 10_000 }, clocks())).toBe(false)
    expect(leavesTimeLimit({ ...now, wallMs: now.wallMs - 10_000 }, clocks())).toBe(false)
    expect(leavesTimeLimit(now, clocks())).toBe(true)
  })
})
