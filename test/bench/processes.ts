/** Memory of processes as Linux tells it; null where there is no /proc. */
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

export async function parentOf(pid: number): Promise<number | null> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  const found = /^PPid:\s+(\d+)/m.exec(status)?.[1]
  return found === undefined ? null : Number(found)
}

async function figureMb(file: string, figure: RegExp): Promise<number | null> {
  const found = figure.exec(await readFile(file, 'utf8').catch(() => ''))?.[1]
  return found === undefined ? null : Number(found) / kbPerMb
}
