/** Owners of a database with different privileges: a superuser, one with CREATEROLE, and one without either. */
import { randomBytes } from 'node:crypto'
import postgres from 'postgres'
import { inject } from 'vitest'
import { roleOf } from '../../../src/db/connection/pool-roles.ts'

/** GRANTED: a plain owner to whom an administrator granted the roles. */
export type OwnerKind = 'SUPERUSER' | 'CREATEROLE' | 'GRANTED' | 'PLAIN' | 'BYPASSRLS'

const created: string[] = []

/** Creates an owner of this kind for the database. Returns the URL with the owner's credentials. */
export async function createOwner(url: string, kind: OwnerKind): Promise<string> {
  if (kind === 'SUPERUSER') return url
  const ownerUrl = new URL(url)
  const name = `owner_${randomBytes(6).toString('hex')}`
  await asSuperuser(async (sql) => {
    const attribute = kind === 'CREATEROLE' || kind === 'BYPASSRLS' ? kind : ''
    await sql.unsafe(`create role ${name} login password 'of-a-test' ${attribute}`)
    created.push(name)
    await sql.unsafe(`alter database ${ownerUrl.pathname.slice(1)} owner to ${name}`)
    const [server] = await sql<
      { grantsToCreator: boolean }[]
    >`select current_setting('server_version_num')::int >= 160000 as "grantsToCreator"`
    for (const role of Object.values(roleOf)) {
      // Another suite may have created the role, or create it at the same time.
      await sql.unsafe(`create role ${role}`).catch(() => undefined)
      if (kind === 'GRANTED') await sql.unsafe(`grant ${role} to ${name}`)
      // As PostgreSQL 16 and later grant a role to its creator: with ADMIN, but without SET and INHERIT. Before that, an
      // owner with CREATEROLE may use every role.
      if (kind === 'CREATEROLE' && server?.grantsToCreator === true)
        await sql.unsafe(`grant ${role} to ${name} with admin true, set false, inherit false`)
    }
  })
  ownerUrl.username = name
  ownerUrl.password = 'of-a-test'
  return ownerUrl.href
}

/** Drops all created owners. Their databases must be dropped first. */
export async function dropOwners(): Promise<void> {
  await asSuperuser(async (sql) => {
    for (const name of created.splice(0)) {
      // Removes the grants that the owner made to itself.
      await sql.unsafe(`drop owned by ${name}`)
      await sql.unsafe(`drop role ${name}`)
    }
  })
}

async function asSuperuser(work: (sql: postgres.Sql) => Promise<void>): Promise<void> {
  const sql = postgres(inject('postgresUrl'), { max: 1, onnotice: () => undefined })
  try {
    await work(sql)
  } finally {
    await sql.end()
  }
}
