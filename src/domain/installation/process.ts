/** Running processes of an installation, and which of them do not have a given key of SECRETS_KEYS. */

/** A server process in the registry. */
export interface RunningProcess {
  readonly id: string
  readonly roles: readonly string[]
  readonly version: string
  /** Host name and process id, for error messages. */
  readonly host: string
  readonly pid: number
  /** Fingerprints of the keys in its SECRETS_KEYS, in the order of the setting. */
  readonly keyFingerprints: readonly string[]
  readonly startedAt: Date
}

/** A PostgreSQL session of a server process. */
export interface ServerSession {
  /** The process that opened the session; null: a version that does not register its processes. */
  readonly processId: string | null
  /** The process id of the PostgreSQL backend and the address of the client, for error messages. */
  readonly backendPid: number
  readonly clientAddress: string | null
}

/** Registered processes, and sessions that show processes which are not registered. */
export interface Running {
  readonly processes: readonly RunningProcess[]
  readonly sessions: readonly ServerSession[]
}

/** Describes each process that does not have the key, or whose keys are unknown because it is not registered. */
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

/** Returns the fingerprints of the keys that all processes have; null when there is no process. */
export function keysOfAll(processes: readonly RunningProcess[]): ReadonlySet<string> | null {
  const [first, ...others] = processes
  if (first === undefined) return null
  return new Set(
    first.keyFingerprints.filter((key) =>
      others.every(({ keyFingerprints }) => keyFingerprints.includes(key)),
    ),
  )
}
