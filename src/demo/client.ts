/** The demo's client of the public API: operations over HTTP, the subscription over a WebSocket. */
import { createClient } from 'graphql-ws'
import WebSocket from 'ws'

/** A client with one API key. */
export interface DemoClient {
  /** Executes an operation and returns its data. Throws for GraphQL errors and for `userErrors`. */
  execute<T>(document: string, variables?: Record<string, unknown>): Promise<T>
  /** Subscribes to delivery attempts and calls `seen` for each. Resolves when the WebSocket is open. */
  watchAttempts(seen: (attempt: SeenAttempt) => void): Promise<void>
  close(): Promise<void>
}

/** The fields of an attempt that the demo prints. */
export interface SeenAttempt {
  readonly attempt: {
    readonly number: number
    readonly outcome: string
    readonly statusCode: number | null
    readonly durationMs: number | null
    readonly nextStep: string
    readonly nextStepReason: string
  }
  readonly delivery: {
    readonly event: { readonly topic: string; readonly order: { readonly number: number } }
    readonly webhook: { readonly name: string }
  }
}

const feed = /* GraphQL */ `
  subscription Watch {
    deliveryAttempts {
      attempt {
        number
        outcome
        statusCode
        durationMs
        nextStep
        nextStepReason
      }
      delivery {
        event {
          topic
          order {
            number
          }
        }
        webhook {
          name
        }
      }
    }
  }
`

/** Creates a client of the API at `url`, and opens its WebSocket. */
export function makeDemoClient(url: string, key: string): DemoClient {
  const authorization = `Bearer ${key}`
  let opened: () => void = () => undefined
  const connected = new Promise<void>((resolve) => (opened = resolve))
  const socket = createClient({
    url: url.replace(/^http/, 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: { authorization },
    lazy: false,
    on: { connected: () => opened() },
  })
  return {
    execute: async <T>(query: string, variables?: Record<string, unknown>) => {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization },
        body: JSON.stringify({ query, variables }),
      })
      const answer = (await response.json()) as { data?: Record<string, unknown>; errors?: unknown }
      const problems = Object.values(answer.data ?? {}).flatMap(userErrorsOf)
      if (answer.data === undefined || answer.errors !== undefined || problems.length > 0)
        throw new Error(`the API refused the operation: ${JSON.stringify(answer.errors ?? problems)}`)
      return answer.data as T
    },
    watchAttempts: async (seen) => {
      socket.subscribe<{ deliveryAttempts: SeenAttempt }>(
        { query: feed },
        {
          next: ({ data }) => {
            if (data != null) seen(data.deliveryAttempts)
          },
          error: (error) => console.error('the subscription ended:', error),
          complete: () => undefined,
        },
      )
      await connected
    },
    close: async () => {
      await socket.dispose()
    },
  }
}

function userErrorsOf(payload: unknown): readonly unknown[] {
  if (typeof payload !== 'object' || payload === null || !('userErrors' in payload)) return []
  return Array.isArray(payload.userErrors) ? payload.userErrors : []
}
