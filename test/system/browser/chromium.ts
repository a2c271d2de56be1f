/** A browser that can reach one server only, and records its requests to other hosts and its errors. */
import { existsSync } from 'node:fs'
import { chromium, type Locator, type Page } from 'playwright-core'
import { waitFor } from '../../support/wait-for.ts'

const places = [
  process.env['CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
]
const executablePath = places.find((place) => place !== undefined && existsSync(place))

export const chromiumAvailable = executablePath !== undefined

/** Warns about the tests that are skipped, so that a green run does not hide them. */
export function warnSkipped(what: string): void {
  if (!chromiumAvailable)
    console.warn(
      `SKIPPED, no Chromium: ${what}. Install Debian's chromium, or set CHROMIUM to the path of one.`,
    )
}

export interface Visitor {
  readonly page: Page
  /** Requests and sockets to other origins; blob: and data: URLs belong to the page itself. */
  readonly foreign: readonly string[]
  /** Errors and warnings of the console, including violations of the Content-Security-Policy. */
  readonly complaints: readonly string[]
  close(): Promise<void>
}

export async function visit(url: string): Promise<Visitor> {
  const { origin, hostname } = new URL(url)
  const browser = await chromium.launch({
    ...(executablePath !== undefined && { executablePath }),
    args: [
      // Chromium's own sandbox refuses root.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--disable-gpu',
      // Containers have a small /dev/shm.
      '--disable-dev-shm-usage',
      // No other name or address resolves, neither for the page nor for workers or the browser itself.
      `--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE ${hostname}`,
    ],
  })
  try {
    const page = await browser.newPage({ viewport: { width: 1_280, height: 1_000 } })
    const foreign: string[] = []
    const complaints: string[] = []
    const wsOrigin = origin.replace(/^http/, 'ws')
    const note = (requested: string): void => {
      if (![origin, wsOrigin].includes(new URL(requested).origin) && !requested.startsWith('data:'))
        foreign.push(requested)
    }
    page.on('request', (request) => note(request.url()))
    page.on('websocket', (socket) => note(socket.url()))
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
    })
    await page.route(
      (requested) => requested.origin !== origin && !['blob:', 'data:'].includes(requested.protocol),
      (route) => route.abort(),
    )
    await page.goto(url)
    return { page, foreign, complaints, close: () => browser.close() }
  } catch (error) {
    await browser.close()
    throw error
  }
}

/** The read properties of a line element of the page. */
interface Line {
  readonly style: { readonly top: string }
  readonly textContent: string
}

/** Uses GraphiQL as a user does. Texts are compared without white space, because the editors wrap long lines. */
export function graphiqlOf({ page }: Visitor) {
  const headersEditor = page.locator('.graphiql-editor-tool .monaco-editor:visible')
  const runButton = page.locator('.graphiql-execute-button')

  const textOf = async (editor: Locator): Promise<string> => {
    const lines = await editor.locator('.view-line').evaluateAll((found: readonly Line[]) =>
      found
        .map((line) => ({ top: Number.parseFloat(line.style.top), text: line.textContent }))
        // Monaco keeps the line elements in no particular order.
        .toSorted((a, b) => a.top - b.top)
        .map(({ text }) => text),
    )
    return withoutBlanks(lines.join(''))
  }
  const shown = (): Promise<string> => textOf(page.locator('.result-window'))
  const shows = (text: string, deadlineMs = 10_000): Promise<void> =>
    waitFor(async () => (await shown()).includes(withoutBlanks(text)), {
      what: `GraphiQL to show ${text}`,
      deadlineMs,
    })

  return {
    shown,
    shows,
    /** Waits until the page shows its greeting. */
    waitForGreeting: async () => {
      await shows('The schema requires a key')
      await waitFor(async () => (await textOf(headersEditor)).includes('Bearer<key>'), {
        what: 'the headers editor to show where the key goes',
      })
    },
    /** Replaces the content of the headers editor. */
    putHeaders: async (headers: unknown) => {
      await headersEditor.click()
      await page.keyboard.press('Control+A')
      // Otherwise the editor would surround the old content with the typed text.
      await page.keyboard.press('Delete')
      // On one line: the editor closes brackets by itself at the end of a line.
      await page.keyboard.insertText(JSON.stringify(headers))
    },
    run: async (operationName: string) => {
      await runButton.click()
      await page.getByRole('menuitem', { name: operationName }).click()
    },
    stop: () => runButton.click(),
  }
}

export function withoutBlanks(text: string): string {
  return text.replaceAll(/\s/g, '')
}
