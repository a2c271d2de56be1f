/** A receiver's response that the test sends when it chooses. */
import type { Script } from '../../support/receiver.ts'

export interface HeldResponse {
  /** Receives the request and does not respond. */
  readonly script: Script
  /** Responds to the latest request. Does nothing before the first one. */
  readonly respond: (status?: number) => void
}

export function holdResponse(): HeldResponse {
  let respond: (status: number) => void = () => undefined
  return {
    script: (_, response) => {
      respond = (status) => void response.writeHead(status).end()
    },
    respond: (status = 200) => respond(status),
  }
}
