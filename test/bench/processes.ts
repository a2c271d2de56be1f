/** Memory and CPU time of processes from /proc of Linux; null on other systems. */
import { readdir, readFile } from 'node:fs/promises'

const kbPerMb = 1024

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

/** CPU time of a process with its present children in ms. Children that have ended are not counted. */
export async function familyMs(parent: number): Promise<number | null> {
  let sum = 0
  for (const pid of await familyOf(parent)) sum += (await processorMs(pid)) ?? 0
  return sum === 0 ? null : sum
}

async function familyOf(parent: number): Promise<readonly number[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name)).map(Number)
  const members: number[] = []
  for (const pid of pids) if (pid === parent || (await parentOf(pid)) === parent) members.push(pid)
  return members
}

/** Linux counts CPU time in hundredths of a second on every architecture. */
const msOfTick = 10

/** The CPU time of the process and its threads since its start in ms, which other processes hardly affect. */
export async function processorMs(pid: number): Promise<number | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)
  // The name in parentheses may contain spaces. The state follows it; user and system time are the 12th and 13th field.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields === undefined ? null : (Number(fields[11]) + Number(fields[12])) * msOfTick
}

export async function parentOf(pid: number): Promise<number | null> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  const found = /^PPid:\s+(\d+)/m.exec(status)?.[1]
  return found === undefined ? null : Number(found)
}

async function figureMb(file: string, figure: RegExp): Promise<number | null> {
  const found = figure.exec(await readFile(file, 'utf8').catch(() => ''))?.[1]
  return found === undefined ? null : Number(found) / kbPerMb
}
