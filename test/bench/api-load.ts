/** Measures requests to the API: their rate, and the CPU time of the server and of PostgreSQL. */
import type { HttpLoad, LoadResult } from './peers/http-load.ts'
import type { Peer } from './peers/peer.ts'
import { familyMs, parentOf, processorMs } from './processes.ts'
import type { BenchServer } from './server.ts'

export const connections = 32

export interface Measured {
  readonly perSecond: number
  /** CPU time of the server and of PostgreSQL in ms for each request. */
  readonly serverMs: number
  readonly postgresMs: number
  readonly data: unknown
}

/** The processes whose CPU time is measured. */
export interface MeasuredProcesses {
  readonly serverPid: number
  readonly postmasterPid: number
}

export async function processesOf({ sql, serverPid }: BenchServer): Promise<MeasuredProcesses> {
  const [backend] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`
  return { serverPid, postmasterPid: (await parentOf(backend?.pid ?? 0)) ?? 0 }
}

/** Sends the load and measures it. */
export async function measureLoad(
  load: Peer,
  command: HttpLoad,
  { serverPid, postmasterPid }: MeasuredProcesses,
): Promise<Measured> {
  const cpu = async () =>
    [(await processorMs(serverPid)) ?? NaN, (await familyMs(postmasterPid)) ?? NaN] as const
  const [serverBefore, postgresBefore] = await cpu()
  const { perSecond, data } = (await load.ask(command)) as LoadResult
  const [serverAfter, postgresAfter] = await cpu()
  return {
    perSecond,
    serverMs: (serverAfter - serverBefore) / command.requests,
    postgresMs: (postgresAfter - postgresBefore) / command.requests,
    data,
  }
}
