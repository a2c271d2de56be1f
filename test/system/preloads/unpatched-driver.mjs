// Preloaded into a process: makes the process use the copy of postgres.js at UNPATCHED_DRIVER.
import { register } from 'node:module'
import { pathToFileURL } from 'node:url'

const driver = pathToFileURL(process.env['UNPATCHED_DRIVER'] ?? '').href
const hooks = `export const resolve = (name, context, next) =>
  name === 'postgres' ? { url: ${JSON.stringify(driver)}, format: 'module', shortCircuit: true } : next(name, context)`
register(`data:text/javascript,${encodeURIComponent(hooks)}`)
