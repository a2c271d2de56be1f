/** Owners of a database as installations have them: who may do anything, who may make roles, who may do nothing but own. */
import { randomBytes } from 'node:crypto'
import postgres from 'postgres'
import { inject } from 'vitest'
import { roleOf } from '../../src/db/connection/row-level-security.ts'

/** GRANTED: of those who may make no roles, one to whom an administrator gave them. */
export type OwnerKind = 'SUPERUSER' | 'CREATEROLE' | 'GRANTED' | 'PLAIN' | 'BYPASSRLS'

const made: string[] = []

/** Gives the database at the URL to an owner of that kind; its URL as the owner has it. */
export async function anOwner(url: string, kind: OwnerKind): Promise<string> {
  if (kind === 'SUPERUSER') return url
  const theirs = new URL(url)
  const name = `owner_${randomBytes(6).toString('hex')}`
  await asSuperuser(async (sql) => {
    const attribute = kind === 'CREATEROLE' || kind === 'BYPASSRLS' ? kind : ''
    await sql.unsafe(`create role ${name} login password 'of-a-test' ${attribute}`)
    made.push(name)
    await sql.unsafe(`alter database ${theirs.pathname.slice(1)} owner to ${name}`)
    for (const role of Object.values(roleOf)) {
      // Other suites may have made them, and may be doing it now.
      await sql.unsafe(`create role ${role}`).catch(() => undefined)
      if (kind === 'GRANTED') await sql.unsafe(`grant ${role} to ${name}`)
      // As PostgreSQL leaves it to who has made a role: may give it, to itself too, and may not take it yet.
      if (kind === 'CREATEROLE')
        await sql.unsafe(`grant ${role} to ${name} with admin true, set false, inherit false`)
    }
  })
  theirs.username = name
  theirs.password = 'of-a-test'
  return theirs.href
}

/** Once their databases are gone. */
export async function dropOwners(): Promise<void> {
  await asSuperuser(async (sql) => {
    for (const name of made.splice(0)) {
      // What they have given to themselves hangs on them.
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
