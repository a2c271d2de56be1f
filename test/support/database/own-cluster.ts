/**
 * Starts a separate PostgreSQL for one test, with TLS, a Unix socket with peer authentication, and a standby server.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { chmod, chown, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import postgres from 'postgres'
import {
  cleanEnvironment,
  nobody,
  runAs,
  runsAsRoot,
  type Account,
} from '../../../src/runtime/embedded-postgres/os-user.ts'
import { findPackage, prepareBinaries } from '../../../src/runtime/embedded-postgres/binaries.ts'
import { waitFor } from '../wait-for.ts'

const run = promisify(execFile)
const password = 'of-a-test'

export interface OwnCluster {
  /** postgres://orderbell:password@127.0.0.1:port/orderbell, without parameters. */
  readonly url: string
  readonly port: number
  /** The authority that signed the server's certificate, which is for `localhost` and 127.0.0.1. */
  readonly caFile: string
  /** An authority that did not sign the certificate. */
  readonly otherCaFile: string
  /**
   * The folder of the Unix socket, named like Cloud SQL's. The operating system user of the test can log in with peer.
   */
  readonly socketFolder: string
  /** A hot standby with the same roles and databases. It does not replicate later changes. */
  readonly standbyPort: number
  close(): Promise<void>
}

/** Starts the cluster. The role `tls_only`, with the same password, can connect over TLS only. */
export async function openOwnCluster(): Promise<OwnCluster> {
  // A short name, because the length of a Unix socket's path is limited.
  const folder = await mkdtemp(join(tmpdir(), 'ob-'))
  await chmod(folder, 0o711)
  const account = runsAsRoot() ? await nobody() : undefined
  const copyBelow = account ? '/var/lib/orderbell' : folder
  const binaries = await prepareBinaries({ packageFolder: findPackage(), account, copyBelow })
  const [data, copy, socketFolder] = ['data', 'copy', 'proj:region:db'].map((name) => join(folder, name))
  if (data === undefined || copy === undefined || socketFolder === undefined) throw new Error('unreachable')
  for (const each of [data, socketFolder]) await mkdir(each, { mode: 0o755 })
  const certificates = await makeCertificates(folder)
  const keyFile = join(folder, 'server.key')
  await giveAll(account, [data, socketFolder, keyFile])
  const children: ChildProcess[] = []
  const start = async (where: string, more: Readonly<Record<string, string>>): Promise<number> => {
    const port = await freePort()
    const settings = { port: String(port), listen_addresses: '127.0.0.1', fsync: 'off', ...more }
    const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    const child = spawn(binaries.postgres, ['-D', where, ...args], {
      ...{ ...account, cwd: '/', env: cleanEnvironment, stdio: 'ignore' },
    })
    children.push(child)
    await waitFor(() => answers(urlOf(port, 'postgres')), { what: 'a PostgreSQL of the test to answer' })
    return port
  }
  const noSocket = { unix_socket_directories: '' }

  await makeCluster(account, binaries.initdb, data)
  await makeRoles(urlOf(await start(data, noSocket), 'postgres'))
  await Promise.all(children.splice(0).map(end))
  await cp(data, copy, { recursive: true })
  await writeFile(join(copy, 'standby.signal'), '')
  await chmod(copy, 0o700)
  if (account) await run('chown', ['-R', `${account.uid}:${account.gid}`, copy])
  const port = await start(data, {
    ...{ ssl: 'on', ssl_cert_file: join(folder, 'server.pem'), ssl_key_file: keyFile },
    unix_socket_directories: socketFolder,
  })
  const standbyPort = await start(copy, noSocket)
  return {
    ...{ url: urlOf(port, 'orderbell'), port, standbyPort, socketFolder, ...certificates },
    close: async () => {
      await Promise.all(children.map(end))
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function urlOf(port: number, database: string): string {
  return `postgres://orderbell:${password}@127.0.0.1:${port}/${database}`
}

async function makeCluster(account: Account | undefined, initdb: string, data: string): Promise<void> {
  const passwordFile = join(data, '..', 'password')
  await writeFile(passwordFile, password)
  const made = await runAs(account, initdb, [
    ...[`--pgdata=${data}`, '--username=orderbell', `--pwfile=${passwordFile}`, '--auth=scram-sha-256'],
    ...['--encoding=UTF8', '--locale=C', '--no-instructions', '--no-sync'],
  ])
  if (!made.ok) throw new Error(made.why)
  const hba = [
    `local all "${userInfo().username}" peer`,
    'hostnossl all tls_only all reject',
    'host all all 127.0.0.1/32 scram-sha-256',
  ]
  await writeFile(join(data, 'pg_hba.conf'), `${hba.join('\n')}\n`)
}

async function makeRoles(url: string): Promise<void> {
  const admin = postgres(url, { max: 1, onnotice: () => undefined })
  await admin.unsafe(`create role "${userInfo().username}" login superuser`)
  await admin.unsafe(`create role tls_only login superuser password '${password}'`)
  await admin.unsafe('create database orderbell')
  await admin.end()
}

/** Creates an authority, a server certificate signed by it, and another authority. */
async function makeCertificates(folder: string) {
  const openssl = (...args: string[]) => run('openssl', args, { cwd: folder })
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
  for (const name of ['ca', 'other-ca'])
    await openssl(
      'req',
      '-x509',
      ...ec,
      '-subj',
      `/CN=${name}`,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.pem`,
    )
  await openssl('req', ...ec, '-subj', '/CN=server', '-keyout', 'server.key', '-out', 'server.csr')
  await writeFile(join(folder, 'names'), 'subjectAltName=DNS:localhost,IP:127.0.0.1')
  const signing = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'names']
  await openssl('x509', '-req', '-in', 'server.csr', ...signing, '-out', 'server.pem')
  await chmod(join(folder, 'server.key'), 0o600)
  return { caFile: join(folder, 'ca.pem'), otherCaFile: join(folder, 'other-ca.pem') }
}

async function giveAll(account: Account | undefined, paths: readonly string[]): Promise<void> {
  if (account) for (const path of paths) await chown(path, account.uid, account.gid)
}

async function answers(url: string): Promise<boolean> {
  const sql = postgres(url, { max: 1, connect_timeout: 2, onnotice: () => undefined })
  try {
    await sql`select 1`
    return true
  } catch {
    return false
  } finally {
    await sql.end({ timeout: 1 })
  }
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

function end(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('close', () => resolve())
    if (child.exitCode !== null || child.signalCode !== null) resolve()
    else child.kill('SIGINT')
  })
}
