/**
 * As whom PostgreSQL runs: it refuses to run as root, so root starts it as an unprivileged user.
 * Here that user is chosen and commands are run in its name; what it owns is `postgres-cluster.ts`.
 */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'

/** Undefined everywhere below means: as ourselves. */
export interface Account {
  readonly uid: number
  readonly gid: number
}

/**
 * The whole environment of what we start. PostgreSQL must not see ours: it holds our secrets, and another
 * user could read them in /proc.
 */
export const cleanEnvironment = {
  PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin:/run/current-system/sw/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
}

const usualNobody: Account = { uid: 65534, gid: 65534 }

export function runsAsRoot(): boolean {
  return process.getuid?.() === 0
}

export async function nobody(): Promise<Account> {
  const accounts = await readFile('/etc/passwd', 'utf8').catch(() => '')
  const line = accounts.split('\n').find((each) => each.startsWith('nobody:'))
  const [, , uid, gid] = line?.split(':') ?? []
  if (!uid || !gid) return usualNobody
  // macOS writes -2 for what the kernel calls 4294967294.
  return { uid: Number(uid) >>> 0, gid: Number(gid) >>> 0 }
}

export type Run =
  | { readonly ok: true; readonly stdout: string }
  /** The last line that it complained in. */
  | { readonly ok: false; readonly why: string }

/** Runs a command to its end, in the name of `account`. Never throws for what the command did. */
export async function runAs(account: Account | undefined, command: string, args: string[]): Promise<Run> {
  return new Promise((resolve) => {
    // Our own working folder may be one that the account can't enter.
    const options = { ...account, cwd: '/', env: cleanEnvironment, maxBuffer: 16 * 1024 * 1024 }
    execFile(command, args, options, (error, stdout, stderr) => {
      if (!error) resolve({ ok: true, stdout })
      else resolve({ ok: false, why: lastLine(stderr) || error.message })
    })
  })
}

/** Can the account enter this folder? Tried, not computed: groups, ACLs and mounts have a say too. */
export async function canEnter(account: Account | undefined, folder: string): Promise<boolean> {
  const { ok } = await runAs(account, '/bin/sh', ['-c', 'cd -- "$1"', 'sh', folder])
  return ok
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? ''
}
