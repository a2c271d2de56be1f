/** Memory and CPU time of processes from /proc of Linux; null on other systems. */
import { readFile } from 'node:fs/promises'

const kbPerMb = 1024
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

/** CPU time of the process and its threads since its start in microseconds. Precise to 10 ms. */
export async function cpuUs(pid: number): Promise<number | null> {
  const stat = await statOf(pid)
  return stat === null ? null : stat.ownUs
}

/** CPU time of a process with its children in microseconds: the running ones, and those that have ended. */
export async function familyCpuUs(parent: number): Promise<number | null> {
  const stats = await Promise.all(
    (await familyOf(parent)).map(async (pid) => [pid, await statOf(pid)] as const),
  )
  let sum = 0
  for (const [pid, stat] of stats) sum += (stat?.ownUs ?? 0) + (pid === parent ? (stat?.endedUs ?? 0) : 0)
  return sum === 0 ? null : sum
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
