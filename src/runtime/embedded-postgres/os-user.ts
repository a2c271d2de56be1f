/**
 * Chooses the operating system user of PostgreSQL and runs commands as that user. PostgreSQL refuses to run as root, so
 * root starts it as an unprivileged user.
 */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'

/** An operating system user. Where an account is optional, undefined means the current user. */
export interface Account {
  readonly uid: number
  readonly gid: number
}

/**
 * The complete environment of started programs. PostgreSQL does not inherit this process's environment, which contains
 * secrets that PostgreSQL's user could read in /proc.
 */
export const cleanEnvironment = {
  PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin:/run/current-system/sw/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
}

const usualNobody: Account = { uid: 65534, gid: 65534 }

/** Whether this process runs as root. */
export function runsAsRoot(): boolean {
  return process.getuid?.() === 0
}

/** The user `nobody` of this machine. 65534 when /etc/passwd has none. */
export async function nobody(): Promise<Account> {
  const accounts = await readFile('/etc/passwd', 'utf8').catch(() => '')
  const line = accounts.split('\n').find((each) => each.startsWith('nobody:'))
  const [, , uid, gid] = line?.split(':') ?? []
  if (!uid || !gid) return usualNobody
  // macOS writes -2 in /etc/passwd for uid 4294967294.
  return { uid: Number(uid) >>> 0, gid: Number(gid) >>> 0 }
}

/** The result of a command. */
export type Run =
  | { readonly ok: true; readonly stdout: string }
  /** The last line of its standard error, otherwise the error message of Node. */
  | { readonly ok: false; readonly why: string }

/** Runs a command as `account` and waits for its end. Returns a failure of the command and does not throw. */
export async function runAs(account: Account | undefined, command: string, args: string[]): Promise<Run> {
  return new Promise((resolve) => {
    // The account may not be able to enter the current working directory.
    const options = { ...account, cwd: '/', env: cleanEnvironment, maxBuffer: 16 * 1024 * 1024 }
    execFile(command, args, options, (error, stdout, stderr) => {
      if (!error) resolve({ ok: true, stdout })
      else resolve({ ok: false, why: lastLine(stderr) || error.message })
    })
  })
}

/** Whether the account can enter the folder. Tests it with `cd`, because groups, ACLs and mounts also matter. */
export async function canEnter(account: Account | undefined, folder: string): Promise<boolean> {
  const { ok } = await runAs(account, '/bin/sh', ['-c', 'cd -- "$1"', 'sh', folder])
  return ok
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? ''
}
