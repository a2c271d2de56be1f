/** The demo: starts all roles on the embedded PostgreSQL and uses them through the public API, as a client would. */
import { setTimeout as pause } from 'node:timers/promises'
import { makeApp, type App } from '../app.ts'
import { readConfig, type Config } from '../config.ts'
import { makeShutdownSteps } from '../runtime/shutdown-steps.ts'
import { endOnClosedOutput, endOnFaults } from '../runtime/crash.ts'
import { makeLog } from '../runtime/log.ts'
import { endOnSignals } from '../runtime/server/shutdown.ts'
import { makeDemoClient, type DemoClient } from './client.ts'
import { moveOrders } from './orders.ts'
import { partners } from './partners.ts'
import { startSampleReceiver, type SampleReceiver } from './receivers.ts'
import { attemptLine, invitation, partnerText, resultLines } from './report.ts'
import { demoConfig, emptyDataDir, makeTenant, type DemoTenant } from './tenant.ts'
import { registerWebhook } from './webhooks.ts'

const help = `Starts Orderbell with sample receivers, changes some orders and shows every attempt to deliver them.

Usage: npm run demo               keeps running afterwards, so that you can try the API
       npm run demo -- --once     ends by itself: exit code 0 when the deliveries are consistent and all requests are valid

The data is stored in DATA_DIR/demo, which every run empties. The demo reads the same settings as npm start, except
DATABASE_URL. With REDIS_URL, the queue is on Redis.
`

/** Time limit for all deliveries after the orders were changed. Exceeding it is an error. */
const deliveredWithinMs = 60_000

/** A signal was received. Later errors are caused by stopping and are not reported. */
let isStopping = false

const print = (line = ''): void => void process.stdout.write(`${line}\n`)

async function main(args: readonly string[]): Promise<void> {
  if (args.includes('--help') || args.includes('-h')) {
    print(help)
    return
  }
  const unknown = args.filter((arg) => arg !== '--once')
  if (unknown.length > 0) {
    process.stderr.write(`The demo takes --once and --help, found ${unknown.join(' ')}.\n`)
    process.exitCode = 2
    return
  }
  const settings = readConfig()
  const config = await demoConfig(settings)
  endOnClosedOutput()
  await emptyDataDir(config.dataDir)
  if (config.port !== settings.port) print(`Port ${settings.port} is in use: the demo uses another port.`)

  const demo = await startDemo(config)
  const isGood = await demo.run()
  if (args.includes('--once')) {
    await demo.stop()
    process.stdout.write('', () => process.exit(isGood ? 0 : 1))
    return
  }
  print(demo.invitation)
}

interface Demo {
  /** Changes orders and waits for their deliveries. Returns whether everything was delivered, once and authentic. */
  run(): Promise<boolean>
  stop(): Promise<void>
  /** What to try while the demo keeps running. */
  readonly invitation: string
}

/** Starts the server, its project, and a receiver with a webhook for each preset. */
async function startDemo(config: Config): Promise<Demo> {
  const log = makeLog(config.logLevel === 'info' ? 'warn' : config.logLevel)
  endOnFaults(log)
  const shutdownSteps = makeShutdownSteps(log)
  const starting = new AbortController()
  let stop = async (): Promise<void> => {
    starting.abort(new Error('a signal to stop was received before the demo was ready'))
    await shutdownSteps.closeAll()
  }
  endOnSignals({
    stop: async () => {
      isStopping = true
      print('\nStopping...')
      await stop()
    },
    open: () => shutdownSteps.open(),
    log,
    endWithParent: false,
  })

  print('Starting PostgreSQL, the API, the dispatcher and a sample receiver for each preset...')
  const startedMs = performance.now()
  const app = await makeApp(config, log, {}, { signal: starting.signal, shutdownSteps })
  const url = urlOf(app)
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1)
  const queue = config.redisUrl === undefined ? 'PostgreSQL' : 'Redis'
  print(`Serving at ${url} after ${seconds} s, queue on ${queue}.`)

  const tenant = await makeTenant(config, log)
  const client = makeDemoClient(url, tenant.key)
  const receivers = await registerPartners(client)
  stop = async (): Promise<void> => {
    await client.close()
    await Promise.all([...receivers.map((receiver) => receiver.close()), tenant.close()])
    await app.stop()
  }
  return {
    run: () => deliverOrders(client, tenant, receivers),
    stop: () => stop(),
    invitation: invitation(url, tenant),
  }
}

function urlOf({ address }: App): string {
  if (address === null) throw new Error('the demo needs the api role: leave ROLES unset')
  return address.url
}

async function registerPartners(client: DemoClient): Promise<readonly SampleReceiver[]> {
  const receivers: SampleReceiver[] = []
  for (const partner of partners) {
    const receiver = await startSampleReceiver(partner)
    receivers.push(receiver)
    await registerWebhook(client, partner, receiver)
  }
  print(`One webhook of each preset selects order.*: ${partners.map(partnerText).join(', ')}.`)
  print(
    'FOODY receives creations and changes of the state only; its receiver was checked before the webhook was saved.\n',
  )
  return receivers
}

/** Changes orders, prints each attempt, and waits until nothing is pending. Returns whether the result is good. */
async function deliverOrders(
  client: DemoClient,
  { countDeliveries }: DemoTenant,
  receivers: readonly SampleReceiver[],
): Promise<boolean> {
  const failures = partners.reduce((sum, partner) => sum + partner.failures, 0)
  let attempts = 0
  await client.watchAttempts((seen) => {
    attempts += 1
    print(attemptLine(seen))
  })
  const events = await moveOrders(client)
  let counts = await countDeliveries()
  await until(async () => {
    counts = await countDeliveries()
    return counts.events >= events && counts.pending === 0 && attempts >= counts.deliveries + failures
  })

  const valid = receivers.reduce((sum, { requests }) => sum + requests.valid, 0)
  const invalid = receivers.reduce((sum, { requests }) => sum + requests.invalid, 0)
  for (const line of resultLines({ counts, attempts, valid, invalid })) print(line)
  return (
    counts.consistent &&
    counts.events === events &&
    counts.delivered === counts.deliveries &&
    invalid === 0 &&
    valid === attempts
  )
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + deliveredWithinMs
  while (!(await condition())) {
    if (performance.now() > deadlineMs)
      throw new Error(
        `the deliveries were not complete within ${deliveredWithinMs / 1000} s; see the lines above`,
      )
    await pause(20)
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  if (isStopping) return
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
})
