/**
 * Answers `GET /`: a browser receives a small page that leads to GraphiQL and the documentation, any other client a
 * short JSON document. Serves the documents below `/docs/` as plain text, so that the page needs no other server.
 * Needs no API key, and shows nothing of the installation except its version.
 */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import express, { type Router } from 'express'
import { version } from '../version.ts'

/** The documents by file name, with their titles, in the order in which a reader needs them. */
export const documents: Readonly<Record<string, string>> = {
  'getting-started.md': 'Getting started',
  'api.md': 'The API',
  'keys-and-roles.md': 'Keys and roles',
  'webhooks.md': 'Webhooks',
  'receiving.md': 'Receiving webhooks',
  'senders.md': 'The four senders',
  'subscriptions.md': 'Frontends and subscriptions',
  'troubleshooting.md': 'Troubleshooting',
  'operations.md': 'Operations',
  'configuration.md': 'Configuration',
  'cli.md': 'Commands',
  'performance.md': 'Performance',
  'threat-model.md': 'Threat model',
  'architecture.md': 'Architecture',
}

/** The folder is at the same place above src/ and dist/. An installation without it has a page without the list. */
const defaultFolder = fileURLToPath(new URL('../../../docs/', import.meta.url))

const style = `
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; color: #1c2430; background: #f7f8fa }
main { max-width: 40rem; margin: 0 auto; padding: 3rem 1.5rem }
h1 { margin: 0 }
h2 { margin: 2rem 0 0.5rem; font-size: 1.1rem }
ul { margin: 0; padding-left: 1.25rem }
code { font-family: ui-monospace, monospace; font-size: 0.9em }
a { color: #0b57c2 }
@media (prefers-color-scheme: dark) {
  body { color: #e3e7ee; background: #14181f }
  a { color: #7fb2ff }
}
`

const pagePolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const securityHeaders = {
  'content-security-policy': pagePolicy,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

/** In order of preference: a client that accepts any type receives JSON. */
const answers = ['application/json', 'text/html']

/** Creates the routes `/` and `/docs/`. `graphqlPath` begins with a slash. */
export function frontPage(graphqlPath: string, folder = defaultFolder): Router {
  const present = Object.entries(documents).filter(([name]) => existsSync(`${folder}${name}`))
  const page = pageOf(graphqlPath, present)
  const summary = {
    name: 'Orderbell',
    version,
    graphql: graphqlPath,
    health: ['/healthz', '/readyz'],
    documentation: present.map(([name]) => `/docs/${name}`),
  }
  const router = express.Router()
  router.get('/', (request, response) => {
    response.vary('Accept').set(securityHeaders)
    if (request.accepts(answers) === 'text/html') response.type('html').send(page)
    else response.json(summary)
  })
  for (const [name] of present)
    router.get(`/docs/${name}`, (_request, response) => {
      response.set({ ...securityHeaders, 'content-type': 'text/plain; charset=utf-8' })
      response.sendFile(name, { root: folder })
    })
  return router
}

function pageOf(graphqlPath: string, present: readonly (readonly [string, string])[]): string {
  const links = present.map(([name, title]) => `<li><a href="docs/${name}">${title}</a></li>`)
  const documentation =
    links.length === 0
      ? '<p>The documentation is in the folder <code>docs</code> of the source.</p>'
      : `<ul>\n${links.join('\n')}\n</ul>`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Orderbell ${version}</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<main>
<h1>Orderbell</h1>
<p>Self-hosted webhook delivery for ordering platforms. Version ${version}.</p>
<h2>API</h2>
<ul>
<li><a href="${graphqlPath.slice(1)}">GraphiQL</a> runs queries, mutations and subscriptions in the browser. It asks for an API key.</li>
<li>Clients use the same address, <code>${graphqlPath}</code>, over HTTP and WebSocket.</li>
</ul>
<h2>Health</h2>
<ul>
<li><a href="healthz"><code>/healthz</code></a>: whether the process is alive.</li>
<li><a href="readyz"><code>/readyz</code></a>: whether it can serve, with PostgreSQL and the queue.</li>
</ul>
<h2>Documentation</h2>
${documentation}
</main>
</body>
</html>
`
}
