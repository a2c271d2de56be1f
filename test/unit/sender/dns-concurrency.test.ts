import { describe, expect, it } from 'vitest'
import { dnsLimitMs, makeLookUp } from '../../../src/sender/dns-concurrency.ts'
import { buildRequest, makeTestSender, httpReceiver, waitFor } from './receiver.ts'

const wanted = () => new AbortController().signal
const silent = () => new Promise<readonly string[]>(() => undefined)

describe.concurrent('DNS concurrency limit', () => {
  it('50 slow look-ups of a project run 10 at a time, and a look-up of another project runs at once', async () => {
    const queried: string[] = []
    const lookUp = makeLookUp((host) => {
      queried.push(host)
      return host.startsWith('silent') ? silent() : Promise.resolve(['192.0.2.1'])
    }, 10)
    const slow = Array.from({ length: 50 }, (_, index) =>
      lookUp('prj_1', `silent${index}.example.com`, wanted()),
    )
    const ends = Promise.allSettled(slow.slice(0, 10))
    const startedAt = performance.now()
    expect(await lookUp('prj_2', 'quick.example.com', wanted())).toEqual(['192.0.2.1'])
    expect(performance.now() - startedAt).toBeLessThan(200)
    expect(queried).toHaveLength(11)

    for (const end of await ends)
      expect(end).toMatchObject({ reason: { answer: { kind: 'DNS_FAILED', detail: /3000 ms/ } } })
    expect(queried).toHaveLength(21) // ten more have started, each with its own time limit
    void Promise.allSettled(slow)
  })

  it('an aborted waiting look-up sends no query, and the next one takes its place', async () => {
    const queried: string[] = []
    const ends: (() => void)[] = []
    const lookUp = makeLookUp((host) => {
      queried.push(host)
      return new Promise((resolve) => ends.push(() => resolve([])))
    }, 1)
    const stop = new AbortController()
    const first = lookUp('prj_1', 'a.example.com', wanted())
    const second = lookUp('prj_1', 'b.example.com', stop.signal)
    const third = lookUp('prj_1', 'c.example.com', wanted())
    stop.abort()
    await expect(second).rejects.toMatchObject({ answer: { kind: 'INTERRUPTED' } })
    await waitFor(() => ends.length === 1)
    ends.shift()?.()
    await first
    await waitFor(() => ends.length === 1)
    ends.shift()?.()
    expect(await third).toEqual([])
    expect(queried).toEqual(['a.example.com', 'c.example.com'])
  })

  it('400 look-ups without an answer do not delay the requests of another project', async () => {
    const receiver = await httpReceiver((_request, response) => response.end('ok'))
    const sender = makeTestSender({
      resolve: (host) => (host.startsWith('silent') ? silent() : Promise.resolve(['127.0.0.1'])),
    })
    const slow = Array.from({ length: 400 }, (_, index) =>
      sender.send(buildRequest(`http://silent${index}.example.com/`, { timeoutMs: dnsLimitMs + 2_000 })),
    )
    const named = receiver.url.replace('127.0.0.1', 'quick.example.com')
    const quick = await Promise.all(
      Array.from({ length: 20 }, () => sender.send(buildRequest(named, { projectId: 'prj_2' }))),
    )
    expect(new Set(quick.map(({ answer }) => answer.kind))).toEqual(new Set(['ANSWERED']))
    expect(Math.max(...quick.map(({ durationMs }) => durationMs))).toBeLessThan(1_000)
    const ends = await Promise.all(slow)
    // Requests whose look-up waited too long have used up their own time limit.
    expect(new Set(ends.map(({ answer }) => answer.kind))).toEqual(new Set(['DNS_FAILED', 'TIMED_OUT']))
  })
})
