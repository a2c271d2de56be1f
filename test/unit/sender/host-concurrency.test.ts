import { describe, expect, it } from 'vitest'
import { makeHostConcurrency } from '../../../src/sender/host-concurrency.ts'
import { buildRequest, makeTestSender, httpReceiver, waitFor } from './receiver.ts'

const host = 'victim.example.com'
const fill = (hosts: ReturnType<typeof makeHostConcurrency>, projectId: string, count: number) =>
  Array.from({ length: count }, () => hosts.enter(host, projectId))

describe('host concurrency limit', () => {
  const hasRoom = (hosts: ReturnType<typeof makeHostConcurrency>, ...projectIds: readonly string[]) =>
    projectIds.map((projectId) => hosts.hasRoom(host, projectId))

  it('all projects share the places at a host, and one project may use four fifths of them', () => {
    const hosts = makeHostConcurrency(10)
    fill(hosts, 'prj_1', 7)
    expect(hasRoom(hosts, 'prj_1', 'prj_2')).toEqual([true, true])
    fill(hosts, 'prj_1', 1)
    expect(hasRoom(hosts, 'prj_1', 'prj_2')).toEqual([false, true])
    fill(hosts, 'prj_2', 2)
    expect(hasRoom(hosts, 'prj_1', 'prj_2', 'prj_3')).toEqual([false, false, false])
    expect(hosts.hasRoom('other.example.com', 'prj_1')).toBe(true)
  })

  it('a third project gets a place at a host after two projects have taken all they may', () => {
    const hosts = makeHostConcurrency(100)
    for (const projectId of ['prj_1', 'prj_2'])
      while (hosts.hasRoom(host, projectId)) hosts.enter(host, projectId)
    expect(hasRoom(hosts, 'prj_1', 'prj_2', 'prj_3')).toEqual([false, false, true])
  })

  it('a request that leaves twice frees one place', () => {
    const hosts = makeHostConcurrency(1)
    const [leave = () => undefined] = fill(hosts, 'prj_1', 1)
    const [leaveToo = () => undefined] = fill(hosts, 'prj_1', 1)
    leave()
    leave()
    expect(hasRoom(hosts, 'prj_1')).toEqual([false])
    leaveToo()
    expect(hasRoom(hosts, 'prj_1')).toEqual([true])
  })

  it('a freed place goes to the waiting requests in their order', async () => {
    const hosts = makeHostConcurrency(1)
    const leave = hosts.enter(host, 'prj_1')
    const came: string[] = []
    const waiting = ['first', 'second'].map(async (name) => {
      const done = await hosts.acquire(host, 'prj_2', 5_000)
      came.push(name)
      return done
    })
    leave()
    const first = await waiting[0]
    expect([came, hosts.hasRoom(host, 'prj_1')]).toEqual([['first'], false])
    first?.()
    ;(await waiting[1])?.()
    expect([came, hosts.hasRoom(host, 'prj_1')]).toEqual([['first', 'second'], true])
  })

  it('requests that wait for the share of their project do not block another project', async () => {
    const hosts = makeHostConcurrency(10)
    const [leave = () => undefined] = fill(hosts, 'prj_1', 8)
    const waiting = Array.from({ length: 5 }, () => hosts.acquire(host, 'prj_1', 5_000))
    expect(hasRoom(hosts, 'prj_1', 'prj_2')).toEqual([false, true])
    leave()
    await Promise.all(waiting.map(async (each) => (await each)?.()))
  })

  it('a free place is announced to waiting lanes after the waiting requests have been served', async () => {
    const announced: boolean[] = []
    const hosts = makeHostConcurrency(1, () => announced.push(hosts.hasRoom(host, 'prj_3')))
    const leave = hosts.enter(host, 'prj_1')
    const waiting = hosts.acquire(host, 'prj_2', 5_000)
    leave()
    ;(await waiting)?.()
    expect(announced).toEqual([false, true])
  })

  it('waiting for a place ends with null after the given time', async () => {
    const hosts = makeHostConcurrency(1)
    const leave = hosts.enter(host, 'prj_1')
    expect(await hosts.acquire(host, 'prj_2', 20)).toBeNull()
    leave()
    expect(hosts.hasRoom(host, 'prj_2')).toBe(true) // the request that gave up blocks no place
  })
})

describe('requests to a limited host', () => {
  it('at most 5 of 30 requests of ten projects run at once, and the wait does not count for their time limit', async () => {
    let underWay = 0
    let most = 0
    const receiver = await httpReceiver((_request, response) => {
      most = Math.max(most, (underWay += 1))
      setTimeout(() => {
        underWay -= 1
        response.end('ok')
      }, 60)
    })
    const sender = makeTestSender({ maxPerHost: 5 })
    // Six waves of 60 ms, each request with 300 ms for itself: the last ones wait for that long.
    const results = await Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        sender.send(buildRequest(receiver.url, { projectId: `prj_${index % 10}`, timeoutMs: 1_000 })),
      ),
    )
    expect(new Set(results.map(({ answer }) => answer.kind))).toEqual(new Set(['ANSWERED']))
    expect(Math.max(...results.map(({ durationMs }) => durationMs))).toBeLessThan(300)
    expect(most).toBe(5)
  })

  it('a request without a place within its time limit is INTERRUPTED and not sent', async () => {
    const receiver = await httpReceiver(() => undefined)
    const sender = makeTestSender({ maxPerHost: 1 })
    const first = sender.send(buildRequest(receiver.url, { timeoutMs: 1_000 }))
    await waitFor(() => receiver.connections() === 1)
    const second = await sender.send(buildRequest(receiver.url, { timeoutMs: 50, projectId: 'prj_2' }))
    expect(second.answer).toEqual({
      kind: 'INTERRUPTED',
      detail: 'too many requests to this host are running; nothing was sent',
    })
    expect((await first).answer.kind).toBe('TIMED_OUT')
    expect(receiver.connections()).toBe(1)
  })

  it('requests to a silent host do not delay requests to another host', async () => {
    const [silent, quick] = await Promise.all([
      httpReceiver(() => undefined),
      httpReceiver((_request, response) => response.end('ok')),
    ])
    const sender = makeTestSender({ maxPerHost: 2 })
    const hung = Array.from({ length: 20 }, () => sender.send(buildRequest(silent.url, { timeoutMs: 500 })))
    const result = await sender.send(buildRequest(quick.url))
    expect(result.answer.kind).toBe('ANSWERED')
    expect(result.durationMs).toBeLessThan(400)
    await Promise.all(hung)
  })

  it('the host key is the name without port and case, and for allowed private hosts the name with its port', () => {
    const sender = makeTestSender()
    expect(
      ['https://A.example.com/x', 'http://a.example.com:8080', 'https://a.example.com./y'].map((url) =>
        sender.hostOf(url),
      ),
    ).toEqual(Array(3).fill('a.example.com'))
    expect(
      ['http://127.0.0.1:8080/', 'http://2130706433:8081/', 'http://localhost:80'].map((url) =>
        sender.hostOf(url),
      ),
    ).toEqual(['127.0.0.1 8080', '127.0.0.1 8081', 'localhost 80'])
  })
})
