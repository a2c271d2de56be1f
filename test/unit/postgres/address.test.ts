/** Parsing of every form of a connection URL, as tables. */
import { userInfo } from 'node:os'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { placeOf, readAddress } from '../../../src/postgres/address.ts'

const ca = encodeURIComponent(fileURLToPath(new URL('../sender/fixtures/ca.pem', import.meta.url)))
const account = userInfo().username
const secret = 'hunter2'

describe('connection URL', () => {
  const read = (url: string) => {
    const { hosts, user, password, database } = readAddress(url)
    return [hosts.map(({ host, port }) => `${host} ${port}`).join(', '), user, password, database]
  }

  test.each([
    ['postgres://u:p@h/d', ['h 5432', 'u', 'p', 'd']],
    ['postgresql://u@h:6000/d', ['h 6000', 'u', undefined, 'd']],
    ['postgres://u:p@h', ['h 5432', 'u', 'p', 'u']],
    ['postgres://u:p%40%2F%3A%25%3F%23@h/d', ['h 5432', 'u', 'p@/:%?#', 'd']],
    ['postgres://u:p@q@h/d', ['h 5432', 'u', 'p@q', 'd']],
    ['postgres://u:p:q@h/d', ['h 5432', 'u', 'p:q', 'd']],
    ['postgres://me%40corp:p@h/my%20db', ['h 5432', 'me@corp', 'p', 'my db']],
    ['postgres://u:p@[::1]/d', ['::1 5432', 'u', 'p', 'd']],
    ['postgres://u:p@[2001:db8::7]:6000/d', ['2001:db8::7 6000', 'u', 'p', 'd']],
    ['postgres://u:p@a,b:6000,[::1]:7000/d', ['a 5432, b 6000, ::1 7000', 'u', 'p', 'd']],
    ['postgres://u:p@/d?host=a,b&port=1,2', ['a 1, b 2', 'u', 'p', 'd']],
    ['postgres://u:p@/d?host=a,b&port=7', ['a 7, b 7', 'u', 'p', 'd']],
    ['postgres://h/d?user=u&password=p', ['h 5432', 'u', 'p', 'd']],
    ['postgres://h?dbname=d&user=u', ['h 5432', 'u', undefined, 'd']],
    ['postgres:///d?host=/var/run/postgresql', ['/var/run/postgresql 5432', account, undefined, 'd']],
    [
      'postgres:///d?host=/var/run/postgresql&port=6000',
      ['/var/run/postgresql 6000', account, undefined, 'd'],
    ],
    ['postgres://u:p@%2Fvar%2Frun%2Fpostgresql/d', ['/var/run/postgresql 5432', 'u', 'p', 'd']],
    [
      'postgres://u:p@/d?host=/cloudsql/my-project:europe-west1:my-db',
      ['/cloudsql/my-project:europe-west1:my-db 5432', 'u', 'p', 'd'],
    ],
    ['postgres://u:p@localhost/d?host=/cloudsql/a:b:c', ['/cloudsql/a:b:c 5432', 'u', 'p', 'd']],
    ['postgres:///d', ['localhost 5432', account, undefined, 'd']],
  ])('%s has the expected hosts, user, password and database', (url, expected) => {
    expect(read(url)).toEqual(expected)
  })
})

describe('TLS mode', () => {
  test.each([
    ['', 'disable'],
    ['sslmode=disable', 'disable'],
    ['sslmode=prefer', 'prefer'],
    ['sslmode=allow', 'allow'],
    ['sslmode=require', 'require'],
    ['sslmode=no-verify', 'no-verify'],
    ['sslmode=verify-full', 'verify-full'],
    // As in libpq: a certificate authority that is given is verified.
    [`sslmode=require&sslrootcert=${ca}`, 'verify-ca'],
    [`sslmode=verify-ca&sslrootcert=${ca}`, 'verify-ca'],
    [`sslmode=verify-full&sslrootcert=${ca}`, 'verify-full'],
    [`sslrootcert=${ca}`, 'verify-full'],
    ['sslmode=verify-full&sslrootcert=system', 'verify-full'],
    ['sslmode=require&sslrootcert=system', 'verify-full'],
    ['sslmode=prefer&sslrootcert=system', 'verify-full'],
    ['sslmode=allow&sslrootcert=system', 'verify-full'],
    // A verified certificate replaces channel binding.
    ['sslmode=require&channel_binding=require', 'verify-full'],
    ['channel_binding=require', 'verify-full'],
    ['sslmode=require&channel_binding=prefer', 'require'],
    ['ssl=true', 'verify-full'],
    ['ssl=1', 'verify-full'],
    ['ssl=false', 'disable'],
    ['ssl=require', 'require'],
    ['ssl=no-verify', 'no-verify'],
    ['ssl=true&sslmode=require', 'require'],
    ['sslmode=require&uselibpqcompat=true', 'require'],
    ['sslmode=require&sslaccept=strict', 'verify-full'],
    ['sslmode=require&sslaccept=accept_invalid_certs', 'require'],
  ])('a URL with "%s" has the TLS mode %s', (query, mode) => {
    const { tls } = readAddress(`postgres://u:p@h/d?${query}`)
    expect(tls.mode).toBe(mode)
    expect(tls.options?.rejectUnauthorized ?? false).toBe(['verify-ca', 'verify-full'].includes(mode))
  })

  test('a Unix socket is not encrypted although sslmode is verify-full', () => {
    expect(readAddress('postgres:///d?host=/run&sslmode=verify-full').tls.options).toBeUndefined()
  })
})

test('parameters of other clients are ignored and returned by name', () => {
  const query =
    'schema=public&connection_limit=5&pool_timeout=10&pgbouncer=true&statement_cache_size=0&sslmode=require'
  expect(readAddress(`postgres://u:p@h/d?${query}`).ignored).toEqual([
    'connection_limit',
    'pool_timeout',
    'pgbouncer',
    'statement_cache_size',
  ])
})

describe('refused connection URL', () => {
  test.each([
    ['another schema', 'postgres://u:hunter2@h/d?schema=shop', 'schema=shop'],
    ['an unknown parameter', 'postgres://u:hunter2@h/d?sslmod=require', 'sslmod'],
    ['an unknown mode', 'postgres://u:hunter2@h/d?sslmode=always', 'sslmode=always'],
    ['an unknown word for ssl', 'postgres://u:hunter2@h/d?ssl=maybe', 'ssl=maybe'],
    [
      'a standby as target',
      'postgres://u:hunter2@h/d?target_session_attrs=standby',
      'target_session_attrs=standby',
    ],
    ['verify-ca and no authority', 'postgres://u:hunter2@h/d?sslmode=verify-ca', 'DATABASE_CA_FILE'],
    ['a missing file', 'postgres://u:hunter2@h/d?sslrootcert=/no/such', '/no/such'],
    [
      'channel binding without TLS',
      'postgres://u:hunter2@h/d?sslmode=disable&channel_binding=require',
      'channel_binding',
    ],
    [
      'a client certificate without its key',
      `postgres://u:hunter2@h/d?sslmode=require&sslcert=${ca}`,
      'sslkey',
    ],
    ['three ports for two hosts', 'postgres://u:hunter2@a,b/d?port=1,2,3', '3 ports'],
    ['an invalid port', 'postgres://u:hunter2@h:99999/d', 'port'],
    ['another scheme', 'mysql://u:hunter2@h/d', 'postgres://'],
    ['a password with a bare /', 'postgres://u:hunter2/x@h/d', '%2F'],
    ['a password with a bare ?', 'postgres://u:hunter2?x@h/d', '%3F'],
    ['a password with a bare #', 'postgres://u:hunter2#x@h/d', '%23'],
    ['a password of digits and a bare ?', 'postgres://u:12?hunter2@h/d', '%3F'],
    ['a password of digits and a bare /', 'postgres://u:12/hunter2@h/d', '%2F'],
    ['GSS encryption', 'postgres://u:hunter2@h/d?gssencmode=require', 'gssencmode=require'],
    ['a broken escape', 'postgres://u:hunter2%zz@h/d', '%25'],
    ['an invalid time', 'postgres://u:hunter2@h/d?connect_timeout=soon', 'connect_timeout'],
  ])(
    'a URL with %s is refused in one line that names the problem and not the password',
    (_what, url, name) => {
      let message = ''
      try {
        readAddress(url)
      } catch (error) {
        message = error instanceof Error ? error.message : ''
      }
      expect(message).toContain(name)
      expect(message).not.toContain(secret)
      expect(message).not.toContain('\n')
    },
  )
})

test('placeOf returns the hosts of an address without user, password and parameters', () => {
  const url = 'postgres://u:hunter2@a:1,[::1]:2/d?host=a,::1,/run/x:y&port=1,2,3&options=-c%20a.b%3Dhunter2'
  expect(placeOf(readAddress(url))).toBe('a:1,[::1]:2,/run/x:y')
})
