/**
 * Serves GraphiQL to browsers that open the URL of the API. The page loads nothing from other servers. The page itself
 * needs no key; its requests carry the key that the user types into it.
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

/** In order of preference: a client that accepts any type receives JSON. */
const contentTypes = ['application/json', 'application/graphql-response+json', 'text/html']

/** Responds to browsers with the page, and passes every other request to the next handler. */
export function graphiql(): RequestHandler {
  // Built at the first request, so that a server without browser users never loads the bundle of 9 MB.
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
    if (request.query['query'] !== undefined || request.accepts(contentTypes) !== 'text/html') {
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
      // Streamed, so that each slow client does not hold 9 MB in memory.
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
    // Monaco creates its workers from blobs and writes inline styles.
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
      // Weak, because the compressed and the plain body have the same tag. Browsers revalidate the page each time, so
      // that an upgrade is visible at once.
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
