/** Memory and time of processes as Linux tells it; null where there is no /proc. */
import { readdir, readFile } from 'node:fs/promises'

const kbPerMb = 1024

/** Resident, in MB: what the process holds, shared libraries included. */
export async function residentMb(pid: number): Promise<number | null> {
  return figureMb(`/proc/${pid}/status`, /^VmRSS:\s+(\d+) kB/m)
}

/** A parent with its children, in MB, what they share counted once: PostgreSQL's buffers belong to all of its processes. */
export async function familyMb(parent: number): Promise<number | null> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name)).map(Number)
  const members: number[] = []
  for (const pid of pids) if (pid === parent || (await parentOf(pid)) === parent) members.push(pid)
  let sum = 0
  for (const pid of members) sum += (await figureMb(`/proc/${pid}/smaps_rollup`, /^Pss:\s+(\d+) kB/m)) ?? 0
  return sum === 0 ? null : sum
}

/** What Linux counts time in, everywhere: hundredths of a second. */
const msOfTick = 10

/** The processor's time that the process has taken since it began, its threads included: other processes change little in it. */
export async function processorMs(pid: number): Promise<number | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)
  // The name, in brackets, may have spaces; after it come the state, and user and system time as 12th and 13th.
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
