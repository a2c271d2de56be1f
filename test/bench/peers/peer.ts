/** A child process of a bench that answers one request at a time. */
import { fork } from 'node:child_process'
import { once } from 'node:events'

export interface Peer {
  /** The message that the process sent when it was ready. */
  readonly greeting: unknown
  readonly pid: number
  ask(question: object | string): Promise<unknown>
  close(): void
}

export async function startPeer(file: string, ...args: readonly string[]): Promise<Peer> {
  const child = fork(new URL(file, import.meta.url), [...args], { execArgv: ['--import', 'tsx'] })
  // Aborted with every answer, so that no listener remains.
  const answer = async (): Promise<unknown> => {
    const over = new AbortController()
    const { signal } = over
    const ended = once(child, 'exit', { signal }).then(() => {
      throw new Error(`${file} ended before it answered`)
    })
    ended.catch(() => undefined)
    const [message] = (await Promise.race([once(child, 'message', { signal }), ended])) as [unknown]
    over.abort()
    return message
  }
  return {
    greeting: await answer(),
    pid: child.pid ?? 0,
    ask: (question) => {
      const answered = answer()
      child.send(question)
      return answered
    },
    close: () => child.disconnect(),
  }
}
