/**
 * Renders the HTML page of GraphiQL from the bundle of @graphql-yoga, the client of graphql-ws, and a fetcher of our
 * own. The bundle's fetcher does not send the contents of the headers editor over the socket.
 */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

export interface Page {
  readonly html: string
  /** The complete script of the page; the content security policy allows no other. */
  readonly script: string
}

export async function renderPage(): Promise<Page> {
  const [bundle, graphqlWs] = await Promise.all([
    import('@graphql-yoga/render-graphiql/graphiql'),
    readFile(join(packageDirectory('graphql-ws'), 'umd/graphql-ws.min.js'), 'utf8'),
  ])
  const workers = {
    editorWorkerService: bundle.editorWorkerService,
    json: bundle.jsonWorker,
    graphql: bundle.graphqlWorker,
  }
  const options = {
    title: 'Orderbell',
    logo: bell,
    defaultQuery: greeting,
    headers: headersToFill,
    defaultEditorToolsVisibility: 'headers',
  }
  const script = [
    `const workers = ${inScript(workers)}`,
    startWorkers,
    bundle.js,
    graphqlWs,
    fetcher,
    // `shouldPersistHeaders` is undefined, so that the page stores the headers only if the user enables that in the
    // settings. `onEditQuery` does not write the query into the URL: reloading the page would then run the query.
    `YogaGraphiQL.renderYogaGraphiQL(document.getElementById('root'), {
      ...${inScript(options)}, fetcher, shouldPersistHeaders: undefined, onEditQuery: () => undefined })`,
  ].join('\n;')
  const html = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <title>Orderbell</title>
    <link rel="icon" href="data:image/svg+xml,${encodeURIComponent(bell)}">
    <style>${bundle.css}</style>
  </head>
  <body>
    <noscript>This page needs JavaScript. GraphQL is served here by POST; see the documentation.</noscript>
    <div id="root"></div>
    <script>${script}</script>
  </body>
</html>
`
  return { html, script }
}

/** The text in the editor when a user opens the page for the first time. */
export const greeting = `# Every request requires a key. Replace <key> by
# yours under "Headers" below:
#   { "Authorization": "Bearer <key>" }
# Then click into an operation and press
# Ctrl-Enter (Cmd-Enter). The first response also
# loads the schema, for "Docs" and for completion.

query Who {
  viewer {
    key { id role }
    project { id name }
  }
}

query Latest {
  deliveries(first: 10) {
    nodes {
      id
      state
      event { topic }
      webhook { name }
    }
    pageInfo { hasNextPage endCursor }
  }
}

# Runs until it is stopped, over a WebSocket with
# the same key, and shows each attempt at once.
subscription Live {
  deliveryAttempts {
    cursor
    attempt { number outcome statusCode durationMs }
    delivery { id state event { topic } webhook { name } }
  }
}
`

const headersToFill = `{
  "Authorization": "Bearer <key>"
}`

const bell = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="24" height="24" fill="#c2410c"><path d="M12 2a2 2 0 0 0-2 2v.3A7 7 0 0 0 5 11v5l-2 2v1h18v-1l-2-2v-5a7 7 0 0 0-5-6.7V4a2 2 0 0 0-2-2zM9.5 20a2.5 2.5 0 0 0 5 0z"/></svg>`

const startWorkers = `
self.MonacoEnvironment = {
  globalAPI: false,
  getWorkerUrl: (_module, label) =>
    URL.createObjectURL(new Blob([workers[label]], { type: 'application/javascript' })),
}`

// Runs in the browser.
const fetcher = String.raw`
const endpoint = location.origin + location.pathname.replace(/\/+$/, '')

const authorizationOf = (headers) =>
  Object.entries(headers).find(([name]) => name.toLowerCase() === 'authorization')?.[1]
const keyIn = (headers) => /^Bearer +([^\s<]+)$/i.exec(authorizationOf(headers) ?? '')?.[1]

async function post(operation, headers) {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      accept: 'application/graphql-response+json, application/json',
      'content-type': 'application/json',
      ...headers,
    },
    body: JSON.stringify(operation),
  })
  return response.json()
}

// A socket for each subscription, so that each is opened with the present headers.
function subscribe(operation, headers) {
  const client = graphqlWs.createClient({
    url: endpoint.replace(/^http/, 'ws'),
    connectionParams: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
    ),
    // Resuming without a cursor would leave a gap that the user does not see.
    retryAttempts: 0,
  })
  const why = ({ code, reason }) =>
    code === 4403
      ? 'The socket was refused: the key under "Headers" is missing, or it is not a key of this installation.'
      : 'The socket was closed: ' + code + ' ' + reason
  return {
    subscribe: (sink) => {
      client.subscribe(operation, {
        ...sink,
        error: (cause) => sink.error(cause instanceof CloseEvent ? new Error(why(cause)) : cause),
      })
      return { unsubscribe: () => client.dispose() }
    },
  }
}

const keyNeeded = {
  errors: [{ message: 'The schema requires a key: replace <key> with yours, below under "Headers", and run an operation.' }],
}
// The schema is requested when the page is opened, before there is a key, and again with each new key.
let keyOfSchema
let schemaRead = Promise.resolve()
function readSchema(operation, headers) {
  const key = keyIn(headers)
  if (key === undefined) return Promise.resolve(keyNeeded)
  keyOfSchema = key
  const answer = post(operation, headers)
  schemaRead = answer.catch(() => undefined)
  return answer
}

async function fetcher(operation, { headers = {}, documentAST } = {}) {
  if (operation.operationName === 'IntrospectionQuery') return readSchema(operation, headers)
  const key = keyIn(headers)
  if (key !== undefined && key !== keyOfSchema) {
    document.querySelector('button[aria-label^="Re-fetch GraphQL schema"]')?.click()
    await schemaRead
  }
  const chosen = documentAST?.definitions.filter(
    ({ kind, name }) =>
      kind === 'OperationDefinition' &&
      (operation.operationName == null || name?.value === operation.operationName),
  )
  return chosen?.[0]?.operation === 'subscription' ? subscribe(operation, headers) : post(operation, headers)
}`

/** The value as JavaScript that is safe inside a script element. */
function inScript(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', String.raw`\u003c`)
}

function packageDirectory(name: string): string {
  return dirname(createRequire(import.meta.url).resolve(`${name}/package.json`))
}
