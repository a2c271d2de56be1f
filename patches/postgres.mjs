/**
 * Mends postgres.js 3.4.9, which has two faults when its server dies: it writes to a socket that is gone,
 * which ends the whole process, and it keeps a timer that has run out, so that a connection that was made
 * anew may never send. Known upstream (porsager/postgres issues 1066, 1154, 1208) and not mended there yet;
 * to be deleted once it is. Run by npm after each install; does nothing the second time.
 */
import { readFileSync, writeFileSync } from 'node:fs'

const file = new URL('../node_modules/postgres/src/connection.js', import.meta.url)
const mark = '/* mended by orderbell */'

const mends = [
  {
    seen: '  function nextWrite(fn) {\n',
    after: `    if (!socket) {
      clearImmediate(nextWriteTimer)
      chunk = nextWriteTimer = null
      error(Errors.connection('CONNECTION_CLOSED', options, socket))
      return false
    }
`,
  },
  {
    seen: '    clearImmediate(nextWriteTimer)\n    if (socket) {\n',
    instead: '    clearImmediate(nextWriteTimer)\n    chunk = nextWriteTimer = null\n    if (socket) {\n',
  },
  {
    seen: '    incomings = null\n    clearImmediate(nextWriteTimer)\n',
    instead: '    incomings = null\n    clearImmediate(nextWriteTimer)\n    chunk = nextWriteTimer = null\n',
  },
]

let text = readFileSync(file, 'utf8')
if (!text.startsWith(mark)) {
  for (const { seen, after, instead } of mends) {
    if (text.split(seen).length !== 2)
      throw new Error(
        `expected postgres.js to read as version 3.4.9 does, found no such place: ${seen.trim()}`,
      )
    text = text.replace(seen, () => instead ?? seen + after)
  }
  writeFileSync(file, `${mark}\n${text}`)
}
