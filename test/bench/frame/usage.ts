/**
 * What a piece of work used: CPU time by process, SQL statements, bytes of the write-ahead log, jobs added to the queue,
 * and Redis commands. Statements of the bench itself are not counted; its few connections to PostgreSQL are part of the
 * CPU time of PostgreSQL.
 */
import { PROBES } from '../../../src/queue/jobs.ts'
import type { TestRedis } from '../../support/redis.ts'
import type { Cluster, Sql } from '../parts/cluster.ts'
import { cpuUs, familyCpuUs } from './processes.ts'
import { cores } from './run.ts'
import type { Figures } from './scenario.ts'

/** The processes and the database whose use is measured. */
export interface Measured {
  readonly cluster: Cluster
  /** A connection of the bench to the measured database. */
  readonly sql: Sql
  readonly redis: TestRedis | undefined
  /** The pids of the processes of Node.js by name, without PostgreSQL and Redis. Each runs on one core at a time. */
  readonly pids: Readonly<Record<string, number>>
}

export interface Usage {
  readonly seconds: number
  /** By process, in microseconds. */
  readonly cpuUs: Readonly<Record<string, number>>
  readonly statements: number
  readonly walBytes: number
  readonly jobs: number
  readonly redisCommands: number
}

/** Of all processes only PostgreSQL runs on several cores at a time. */
const postgresName = 'PostgreSQL'

/** Runs the work. Returns its result, and what was used meanwhile. */
export async function measureUsage<T>(
  measured: Measured,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly usage: Usage }> {
  const before = await readCounters(measured)
  const beganMs = performance.now()
  const result = await work()
  const seconds = (performance.now() - beganMs) / 1_000
  const after = await readCounters(measured)
  // The time of ended children is precise to 10 ms, so a difference may be slightly negative.
  const cpu = Object.entries(after.cpuUs).map(([name, us]) => [
    name,
    Math.max(0, us - (before.cpuUs[name] ?? NaN)),
  ])
  return {
    result,
    usage: {
      seconds,
      cpuUs: Object.fromEntries(cpu) as Record<string, number>,
      statements: after.statements - before.statements,
      walBytes: after.walBytes - before.walBytes,
      jobs: after.jobs - before.jobs,
      redisCommands: after.redisCommands - before.redisCommands,
    },
  }
}

/** The figures of a usage for each of `count` units, such as `delivery`. */
export function costFigures(usage: Usage, count: number, unit: string): Figures {
  const cpu = Object.entries(usage.cpuUs).map(([name, us]) => [name, us / count] as const)
  return {
    [`${plural(unit)}/s by CPU alone`]: rateByCpu(Object.fromEntries(cpu)),
    [`CPU us per ${unit}, all processes`]: cpu.reduce((sum, [, us]) => sum + us, 0),
    ...Object.fromEntries(cpu.map(([name, us]) => [`CPU us per ${unit}, ${name}`, us])),
    [`SQL statements per ${unit}`]: usage.statements / count,
    [`WAL bytes per ${unit}`]: usage.walBytes / count,
    [`BullMQ jobs per ${unit}`]: usage.jobs / count,
    ...('Redis' in usage.cpuUs && { [`Redis commands per ${unit}`]: usage.redisCommands / count }),
  }
}

/**
 * The rate that CPU time alone would allow, when no process ever waits: all cores are busy, or one process of Node.js or
 * Redis keeps its one core busy. The argument is the CPU time by process in microseconds per unit.
 */
export function rateByCpu(cpu: Readonly<Record<string, number>>): number {
  const sum = Object.values(cpu).reduce((total, us) => total + us, 0)
  const onOneCore = Object.entries(cpu).flatMap(([name, us]) => (name === postgresName ? [] : [us]))
  return 1e6 / Math.max(sum / cores, ...onOneCore)
}

function plural(unit: string): string {
  return unit.endsWith('y') ? `${unit.slice(0, -1)}ies` : `${unit}s`
}

type Counters = Omit<Usage, 'seconds'>

async function readCounters({ cluster, sql, redis, pids }: Measured): Promise<Counters> {
  const [wal] = await cluster.admin<{ bytes: string; statements: string }[]>`
    select pg_current_wal_insert_lsn() - '0/0'::pg_lsn as bytes,
      (
        select coalesce(sum(calls), 0) from pg_stat_statements s
        where s.dbid = (select oid from pg_database where datname = ${sql.options.database})
          and s.userid <> (select oid from pg_roles where rolname = current_user)
          and s.query !~* '^(begin|start|commit|rollback|savepoint|release)'
      ) as statements`
  const inRedis = redis === undefined ? undefined : await readRedis(redis)
  const times = Object.entries(pids).map(async ([name, pid]) => [name, (await cpuUs(pid)) ?? NaN] as const)
  return {
    cpuUs: {
      ...Object.fromEntries(await Promise.all(times)),
      [postgresName]: (await familyCpuUs(cluster.postmasterPid)) ?? NaN,
      ...(inRedis !== undefined && { Redis: (await cpuUs(inRedis.pid)) ?? NaN }),
    },
    statements: Number(wal?.statements),
    walBytes: Number(wal?.bytes),
    jobs: inRedis?.jobs ?? (await jobsInPostgres(sql)),
    redisCommands: inRedis?.commands ?? 0,
  }
}

/** The number of jobs that were ever added, merged ones included: BullMQ has a sequence of ids for each queue. */
async function jobsInPostgres(sql: Sql): Promise<number> {
  const [row] = await sql<{ jobs: string }[]>`
    select coalesce(sum(last_value), 0) as jobs from pg_sequences
    where schemaname = 'bullmq' and starts_with(sequencename, 'bullmq_jid_')
      and sequencename <> 'bullmq_jid_' || md5(${PROBES})`
  return Number(row?.jobs)
}

/** Commands that the bench or a new connection sends. */
const ownCommands = /^cmdstat_(info|keys|mget|hello|client|select|auth|ping)\b/

async function readRedis(redis: TestRedis) {
  const info = String(await redis.command('info', 'all'))
  let commands = 0
  for (const line of info.split('\r\n')) {
    if (ownCommands.test(line)) continue
    commands += Number(/^cmdstat_[^:]+:calls=(\d+)/.exec(line)?.[1] ?? 0)
  }
  const counters = ((await redis.command('keys', '*:id')) as string[]).filter(
    (key) => !key.endsWith(`:${PROBES}:id`),
  )
  const values = counters.length === 0 ? [] : ((await redis.command('mget', ...counters)) as string[])
  return {
    pid: Number(/^process_id:(\d+)/m.exec(info)?.[1]),
    commands,
    jobs: values.reduce((sum, value) => sum + Number(value), 0),
  }
}
