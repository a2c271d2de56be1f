import { describe, expect, it } from 'vitest'
import { makeHosts } from '../../src/http/hosts.ts'
import { aRequest, aSender, httpReceiver, until } from './receiver.ts'

const host = 'victim.example.com'
const fill = (hosts: ReturnType<typeof makeHosts>, projectId: string, count: number) =>
  Array.from({ length: count }, () => hosts.enter(host, projectId))

describe('the room at a host', () => {
  it('is for all projects together, and one of them may have four fifths of it', () => {
    const hosts = makeHosts(10)
    fill(hosts, 'prj_1', 8)
    expect([hosts.room(host, 'prj_1'), hosts.room(host, 'prj_2'), hosts.room(host)]).toEqual([0, 2, 2])
    fill(hosts, 'prj_2', 2)
    expect(['prj_1', 'prj_2', 'prj_3'].map((projectId) => hosts.room(host, projectId))).toEqual([0, 0, 0])
    expect(hosts.room('other.example.com', 'prj_1')).toBe(8)
  })

  it('comes back once for each that leaves, and nothing is kept of a host that nobody rings', () => {
    const hosts = makeHosts(10)
    const [leave = () => undefined, ...others] = fill(hosts, 'prj_1', 8)
    leave()
    leave()
    expect(hosts.room(host, 'prj_1')).toBe(1)
    for (const each of others) each()
    expect(hosts.room(host, 'prj_1')).toBe(8)
  })

  it('goes to those that wait, in their order, before anybody else has it', async () => {
    const hosts = makeHosts(1)
    const leave = hosts.enter(host, 'prj_1')
    const came: string[] = []
    const waiting = ['first', 'second'].map(async (name) => {
      const done = await hosts.inTurn(host, 'prj_2', 5_000)
      came.push(name)
      return done
    })
    leave()
    const first = await waiting[0]
    expect([came, hosts.room(host, 'prj_1')]).toEqual([['first'], 0])
    first?.()
    ;(await waiting[1])?.()
    expect([came, hosts.room(host, 'prj_1')]).toEqual([['first', 'second'], 1])
  })

  it('is not held back from a project for those of another, which wait for their own share', async () => {
    const hosts = makeHosts(10)
    const [leave = () => undefined] = fill(hosts, 'prj_1', 8)
    const waiting = Array.from({ length: 5 }, () => hosts.inTurn(host, 'prj_1', 5_000))
    expect([hosts.room(host, 'prj_1'), hosts.room(host, 'prj_2'), hosts.room(host)]).toEqual([0, 2, 2])
    leave()
    await Promise.all(waiting.map(async (each) => (await each)?.()))
  })

  it('is told of to whoever waits elsewhere, once those who wait here have had their turn', async () => {
    const told: string[] = []
    const hosts = makeHosts(1, (name) => told.push(`${name}: ${hosts.room(name)}`))
    const leave = hosts.enter(host, 'prj_1')
    const waiting = hosts.inTurn(host, 'prj_2', 5_000)
    leave()
    ;(await waiting)?.()
    expect(told).toEqual([`${host}: 0`, `${host}: 1`])
  })

  it('that never comes is not waited for without end', async () => {
    const hosts = makeHosts(1)
    hosts.enter(host, 'prj_1')
    expect(await hosts.inTurn(host, 'prj_2', 20)).toBeNull()
    expect(hosts.room(host, 'prj_2')).toBe(0) // who has given up holds no room back
  })
})

describe('requests to one host', () => {
  it('that nobody counted are at most so many at once, over all projects, and are not timed out by the wait', async () => {
    let underWay = 0
    let most = 0
    const receiver = await httpReceiver((_request, response) => {
      most = Math.max(most, (underWay += 1))
      setTimeout(() => {
        underWay -= 1
        response.end('ok')
      }, 60)
    })
    const sender = aSender({ maxPerHost: 5 })
    // Six waves of 60 ms, each request with 300 ms for itself: the last ones have waited for as long as that.
    const results = await Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        sender.send(aRequest(receiver.url, { projectId: `prj_${index % 10}`, timeoutMs: 1_000 })),
      ),
    )
    expect(new Set(results.map(({ answer }) => answer.kind))).toEqual(new Set(['ANSWERED']))
    expect(Math.max(...results.map(({ durationMs }) => durationMs))).toBeLessThan(300)
    expect(most).toBe(5)
  })

  it('that find no room within their own time limit are told so, and were not sent', async () => {
    const receiver = await httpReceiver(() => undefined)
    const sender = aSender({ maxPerHost: 1 })
    const first = sender.send(aRequest(receiver.url, { timeoutMs: 1_000 }))
    await until(() => receiver.connections() === 1)
    const second = await sender.send(aRequest(receiver.url, { timeoutMs: 50, projectId: 'prj_2' }))
    expect(second.answer).toEqual({
      kind: 'INTERRUPTED',
      detail: 'too many requests to this host are under way; nothing was sent',
    })
    expect((await first).answer.kind).toBe('TIMED_OUT')
    expect(receiver.connections()).toBe(1)
  })

  it('do not hold up those to another', async () => {
    const [silent, quick] = await Promise.all([
      httpReceiver(() => undefined),
      httpReceiver((_request, response) => response.end('ok')),
    ])
    const sender = aSender({ maxPerHost: 2 })
    const hung = Array.from({ length: 20 }, () => sender.send(aRequest(silent.url, { timeoutMs: 500 })))
    const result = await sender.send(aRequest(quick.url))
    expect(result.answer.kind).toBe('ANSWERED')
    expect(result.durationMs).toBeLessThan(400)
    await Promise.all(hung)
  })

  it('count by the name, whatever the port and the case; where the operator opened it, by the port as well', () => {
    const sender = aSender()
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
