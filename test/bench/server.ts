/** The process that the bench measures: an ordinary Orderbell that says when it is ready. */
import { makeApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { makeLog } from '../../src/runtime/log.ts'

const config = readConfig()
await makeApp(config, makeLog(config.logLevel))
process.send?.('ready')
process.on('disconnect', () => process.exit())
