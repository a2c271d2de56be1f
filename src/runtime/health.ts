/** Whether the process lives, and whether it can serve. Both without a key, and without telling more than that. */
import express, { type Router } from 'express'

/** `isReady` rejects when the process cannot serve now. */
export function healthRoutes(isReady: () => Promise<void>): Router {
  const router = express.Router()
  router.get('/healthz', (_request, response) => {
    response.json({ status: 'alive' })
  })
  router.get('/readyz', async (_request, response) => {
    try {
      await isReady()
      response.json({ status: 'ready' })
    } catch {
      // The cause is in the log of whatever failed; a stranger need not know it.
      response.status(503).json({ status: 'not ready' })
    }
  })
  return router
}
