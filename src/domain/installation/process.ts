/** Running processes of an installation, as their registry shows them, and which of them lack a key of SECRETS_KEYS. */

export interface RunningProcess {
  readonly id: string
  readonly roles: readonly string[]
  readonly version: string
  /** The machine and the process id there, for people. */
  readonly host: string
  readonly pid: number
  /** Of the keys in its SECRETS_KEYS, the first one first. */
  readonly keyFingerprints: readonly string[]
  readonly startedAt: Date
}

/** A session at the database that a server of ours has opened. */
export interface ServerSession {
  /** The process that opened it; null: a version that registers no process. */
  readonly processId: string | null
  /** The process id of PostgreSQL's backend, and the client's address, for people. */
  readonly backendPid: number
  readonly clientAddress: string | null
}

export interface Running {
  readonly processes: readonly RunningProcess[]
  readonly sessions: readonly ServerSession[]
}

/** Those that do not have the key, or are not known to have it, each in a few words. */
export function processesWithout(fingerprint: string, { processes, sessions }: Running): readonly string[] {
  const known = new Set(processes.map(({ id }) => id))
  return [
    ...processes
      .filter(({ keyFingerprints }) => !keyFingerprints.includes(fingerprint))
      .map(
        ({ id, roles, host, pid, version }) =>
          `process ${id} (${roles.join(' and ')}, version ${version}, pid ${pid} on ${host})`,
      ),
    ...sessions
      .filter(({ processId }) => processId === null || !known.has(processId))
      .map(
        ({ processId, backendPid, clientAddress }) =>
          `the process ${processId ?? 'of an earlier version'} at ${clientAddress ?? 'a local socket'}, whose session at PostgreSQL has the pid ${backendPid}`,
      ),
  ]
}

/** The keys that all of the processes have; null when there is no process. */
export function keysOfAll(processes: readonly RunningProcess[]): ReadonlySet<string> | null {
  const [first, ...others] = processes
  if (first === undefined) return null
  return new Set(
    first.keyFingerprints.filter((key) =>
      others.every(({ keyFingerprints }) => keyFingerprints.includes(key)),
    ),
  )
}
