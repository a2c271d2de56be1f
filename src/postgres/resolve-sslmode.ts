/**
 * Resolves `sslmode=prefer` and `allow` once, at the start. Neither driver falls back from TLS as libpq does, and both
 * drivers must behave the same.
 */
import { connect } from 'node:net'
import { isSocket, readAddress, withParameter } from './address.ts'
import type { Host } from './host.ts'

const answerWithinMs = 5_000
/** The protocol's SSLRequest: the length of the message, and its code. */
const sslRequest = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f])

/**
 * Returns the URL with a mode that both drivers interpret the same way. Returns the URL unchanged if it has such a
 * mode, or if no host answers.
 */
export async function resolveSslmode(url: string): Promise<string> {
  const { hosts, tls } = readAddress(url)
  if (tls.mode !== 'prefer' && tls.mode !== 'allow') return url
  for (const host of hosts) {
    const offers = isSocket(host.host) ? false : await offersTls(host)
    if (offers !== undefined) return withParameter(url, 'sslmode', offers ? 'no-verify' : 'disable')
  }
  return url
}

/** Undefined: the host did not answer. */
function offersTls({ host, port }: Host): Promise<boolean | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, host, () => socket.write(sslRequest))
    const end = (offers: boolean | undefined): void => {
      socket.destroy()
      resolve(offers)
    }
    socket.setTimeout(answerWithinMs, () => end(undefined))
    socket.once('data', (answer) => end(answer.toString('latin1', 0, 1) === 'S'))
    socket.once('close', () => end(undefined))
    // An error is always followed by `close`. The check at the start reports the reason.
    socket.on('error', () => undefined)
  })
}
