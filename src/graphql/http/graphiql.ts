/**
 * GraphiQL for whoever opens the API's address in a browser: one page that asks nothing of any other server. Anybody may
 * have the page; what it asks carries the key that is typed into it. What it is made of is `graphiql-page.ts`.
 */
import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { createGunzip, gzip } from 'node:zlib'
import type { RequestHandler } from 'express'
import { renderPage } from './graphiql-page.ts'

interface Packed {
  readonly zipped: Buffer
  readonly headers: Readonly<Record<string, string>>
}

/** In this order: a client that takes anything gets JSON. */
const answers = ['application/json', 'application/graphql-response+json', 'text/html']

/** Answers browsers with the page, and leaves every other request to what follows. */
export function graphiql(): RequestHandler {
  // Made when first asked for: a server that nobody browses never loads the bundle of 9 MB.
  let packing: Promise<Packed> | undefined
  const packed = (): Promise<Packed> => {
    packing ??= packPage().catch((error: unknown) => {
      packing = undefined
      throw error
    })
    return packing
  }

  return async (request, response, next) => {
    response.vary('Accept')
    if (request.query['query'] !== undefined || request.accepts(answers) !== 'text/html') {
      next()
      return
    }
    const { zipped, headers } = await packed()
    response.set(headers).vary('Accept-Encoding')
    if (request.fresh) response.status(304).end()
    else if (request.acceptsEncodings('gzip') === 'gzip')
      response.set({ 'content-encoding': 'gzip', 'content-length': String(zipped.length) }).end(zipped)
    else if (request.method === 'HEAD') response.end()
    else {
      // A stream, so that slow readers do not hold 9 MB each.
      const unzipped = createGunzip()
      response.on('close', () => unzipped.destroy())
      unzipped.pipe(response)
      unzipped.end(zipped)
    }
  }
}

async function packPage(): Promise<Packed> {
  const { html, script } = await renderPage()
  const policy = [
    "default-src 'none'",
    `script-src 'sha256-${sha256(script)}'`,
    // Monaco's workers are made from blobs, and its editor writes styles of its own.
    'worker-src blob:',
    "style-src 'unsafe-inline'",
    'font-src data:',
    'img-src data:',
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ]
  return {
    zipped: await promisify(gzip)(html, { level: 9 }),
    headers: {
      'content-type': 'text/html; charset=utf-8',
      // Weak: the same tag whether zipped or not. Asked for anew each time, so that an upgrade is seen at once.
      etag: `W/"${sha256(html)}"`,
      'cache-control': 'no-cache',
      'content-security-policy': policy.join('; '),
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    },
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64')
}
