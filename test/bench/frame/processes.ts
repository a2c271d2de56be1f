/** Memory and CPU time of processes from /proc of Linux; null on other systems. */
import { readdir, readFile } from 'node:fs/promises'

const kbPerMb = 1024
const nsPerUs = 1_000
/** Linux counts CPU time in hundredths of a second on every architecture. */
const usOfTick = 10_000

/** Resident memory of the process in MB, including shared libraries. */
export async function residentMb(pid: number): Promise<number | null> {
  return figureMb(`/proc/${pid}/status`, /^VmRSS:\s+(\d+) kB/m)
}

/** Memory of a process with its children in MB. Shared memory counts once, because all processes of PostgreSQL share its buffers. */
export async function familyMb(parent: number): Promise<number | null> {
  let sum = 0
  for (const pid of await familyOf(parent))
    sum += (await figureMb(`/proc/${pid}/smaps_rollup`, /^Pss:\s+(\d+) kB/m)) ?? 0
  return sum === 0 ? null : sum
}

/** CPU time of the process and its running threads since its start in microseconds. */
export async function cpuUs(pid: number): Promise<number | null> {
  const tasks = await readdir(`/proc/${pid}/task`).catch(() => [])
  const times = await Promise.all(
    tasks.map((task) => readFile(`/proc/${pid}/task/${task}/schedstat`, 'utf8').catch(() => null)),
  )
  const known = times.flatMap((time) => (time === null ? [] : [Number(time.split(' ')[0]) / nsPerUs]))
  // A kernel without these statistics still has the times of the process, precise to 10 ms.
  return known.length > 0 ? sumOf(known) : ((await statOf(pid))?.ownUs ?? null)
}

/** CPU time of a process with its children in microseconds: the running ones, and those that have ended. */
export async function familyCpuUs(parent: number): Promise<number | null> {
  const ended = (await statOf(parent))?.endedUs
  const times = await Promise.all((await familyOf(parent)).map(cpuUs))
  return ended === undefined ? null : ended + sumOf(times.map((time) => time ?? 0))
}

export async function parentOf(pid: number): Promise<number | null> {
  return (await statOf(pid))?.parent ?? null
}

/** The process and its running children. */
async function familyOf(parent: number): Promise<readonly number[]> {
  const children = await readFile(`/proc/${parent}/task/${parent}/children`, 'utf8').catch(() => '')
  return [parent, ...children.split(' ').filter(Boolean).map(Number)]
}

interface Stat {
  readonly parent: number
  readonly ownUs: number
  /** CPU time of children that have ended and that the process has waited for. */
  readonly endedUs: number
}

/** Reads /proc/<pid>/stat; null when the process does not exist. */
async function statOf(pid: number): Promise<Stat | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)
  if (stat === null) return null
  // The name in parentheses may contain spaces. After it: the state, the parent, and from the 12th field the times of
  // the process (user, system) and of its ended children (user, system).
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number)
  const at = (index: number): number => fields[index] ?? NaN
  return { parent: at(1), ownUs: (at(11) + at(12)) * usOfTick, endedUs: (at(13) + at(14)) * usOfTick }
}

async function figureMb(file: string, figure: RegExp): Promise<number | null> {
  const found = figure.exec(await readFile(file, 'utf8').catch(() => ''))?.[1]
  return found === undefined ? null : Number(found) / kbPerMb
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}
