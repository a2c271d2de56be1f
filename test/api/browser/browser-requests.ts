/** Requests and sockets as a browser sends them: with the headers Origin and Cookie. */
import { request } from 'undici'
import WebSocket from 'ws'
import { documents } from '../support/fixtures.ts'
import type { GraphQLAnswer, TestServer } from '../../support/server.ts'

export type Headers = Readonly<Record<string, string>>

export interface BrowserAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: GraphQLAnswer | null
}

export async function send(
  url: string,
  method: 'GET' | 'POST' | 'DELETE' | 'OPTIONS' | 'PUT',
  headers: Headers,
  body?: unknown,
): Promise<BrowserAnswer> {
  const answer = await request(url, {
    method,
    headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await answer.body.text()
  return {
    status: answer.statusCode,
    headers: answer.headers,
    body: text === '' ? null : (JSON.parse(text) as GraphQLAnswer),
  }
}

export function sessionUrl(url: string): string {
  return new URL('/console/session', url).href
}

export function originOf(url: string): string {
  return new URL(url).origin
}

/** The value of Set-Cookie. */
export function setCookieOf({ headers }: BrowserAnswer): string {
  const given = headers['set-cookie']
  if (typeof given !== 'string') throw new Error(`expected one cookie, found ${JSON.stringify(given)}`)
  return given
}

/** Signs in from a page of the server, and returns the header Cookie of the session. */
export async function signIn({ url }: Pick<TestServer, 'url'>, key: string): Promise<string> {
  const answer = await send(sessionUrl(url), 'POST', {
    authorization: `Bearer ${key}`,
    origin: originOf(url),
  })
  if (answer.status !== 204) throw new Error(`expected to sign in, found ${JSON.stringify(answer)}`)
  return setCookieOf(answer).split(';')[0] ?? ''
}

/** Asks who the caller is, from a page of the server. */
export function who(url: string, cookie: string, more: Headers = {}): Promise<BrowserAnswer> {
  return send(url, 'POST', { origin: originOf(url), cookie, ...more }, { query: documents.Who })
}

export interface BrowserSocket {
  /** The status of a refused upgrade; 101 when the socket was opened. */
  readonly status: number
  readonly messages: readonly unknown[]
  readonly closed: () => number | undefined
  init(payload?: object): void
  close(): void
}

export async function openSocket(url: string, headers: Headers): Promise<BrowserSocket> {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), ['graphql-transport-ws'], { headers })
  const messages: unknown[] = []
  let code: number | undefined
  socket.on('message', (data: Buffer) => messages.push(JSON.parse(data.toString('utf8'))))
  socket.on('close', (closeCode) => (code = closeCode))
  const status = await new Promise<number>((resolve, reject) => {
    socket.once('open', () => resolve(101))
    socket.once('unexpected-response', (_request, response) => {
      response.destroy()
      resolve(response.statusCode ?? 0)
    })
    socket.once('error', reject)
  })
  socket.on('error', () => undefined)
  return {
    status,
    messages,
    closed: () => code,
    init: (payload = {}) => socket.send(JSON.stringify({ type: 'connection_init', payload })),
    close: () => socket.terminate(),
  }
}
