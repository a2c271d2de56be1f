/**
 * The health routes /healthz (the process is alive) and /readyz (it can serve). They need no API key and show no
 * causes.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Readiness } from './readiness.ts'

/** A degraded process still does its main work, so a load balancer must continue to use it: 200. */
const statusCodes = { ready: 200, degraded: 200, unavailable: 503 } as const

/**
 * Creates the routes, for Express or as a plain listener: a dispatcher does not load Express for them. Calls `next` for
 * any other request.
 */
export function healthRoutes(
  readiness: () => Promise<Readiness>,
): (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void {
  return (request, response, next) => {
    const route = routeOf(request)
    if (route === 'healthz') sendJson(response, 200, { status: 'alive' })
    else if (route === 'readyz')
      readiness().then((answer) => sendJson(response, statusCodes[answer.status], answer), next)
    else next()
  }
}

/** Accepts both paths in any case and with a slash at the end. */
function routeOf({ method, url = '' }: IncomingMessage): string | undefined {
  if (method !== 'GET' && method !== 'HEAD') return undefined
  return /^\/(healthz|readyz)\/?(?:\?|$)/i.exec(url)?.[1]?.toLowerCase()
}

/** Node sends no body in the response to HEAD. */
export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const body = JSON.stringify(value)
  response
    .writeHead(status, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(body),
    })
    .end(body)
}
