/**
 * The health routes /healthz (the process is alive) and /readyz (it can serve). They need no API key and show no
 * causes.
 */
import express, { type Router } from 'express'
import type { Readiness } from './readiness.ts'

/** A degraded process still does its main work, so a load balancer must continue to use it: 200. */
const statusCodes = { ready: 200, degraded: 200, unavailable: 503 } as const

/** Creates the routes. */
export function healthRoutes(readiness: () => Promise<Readiness>): Router {
  const router = express.Router()
  router.get('/healthz', (_request, response) => {
    response.json({ status: 'alive' })
  })
  router.get('/readyz', async (_request, response) => {
    const answer = await readiness()
    response.status(statusCodes[answer.status]).json(answer)
  })
  return router
}
