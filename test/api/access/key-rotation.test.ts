/**
 * Rotation of the key in SECRETS_KEYS while the server runs: it encrypts all data keys with the new key and loses
 * none.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeApp } from '../../../src/app.ts'
import { reencryptDataKeys } from '../../../src/services/installation/rotate-master-key.ts'
import { fingerprintOf, type KeyRing } from '../../../src/runtime/crypto/secrets.ts'
import { secretsOver } from '../../../src/storage.ts'
import { startTestServer, tenantOf, type TestServer, type Tenant } from '../../support/server.ts'
import { nullLog } from '../../support/null-log.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import {
  createWebhook,
  createOrder,
  mutateOrThrow,
  waitForSettled,
  type WebhookAnswer,
} from '../support/fixtures.ts'

const old = { id: 'test', key: Buffer.alloc(32, 7) }
const fresh = { id: 'k2', key: Buffer.alloc(32, 8) }

const environmentOf = (keyRing: KeyRing) =>
  keyRing.map(({ id, key }) => `${id}:${Buffer.from(key).toString('base64')}`).join()

let server: TestServer
let receiver: Receiver
let tenants: readonly Tenant[]
let webhooks: readonly WebhookAnswer[]

beforeAll(async () => {
  server = await startTestServer({ SECRETS_KEYS: environmentOf([old, fresh]) })
  receiver = await startReceiver()
  tenants = await Promise.all(Array.from({ length: 12 }, (_, index) => server.tenant(`P${index}`)))
  webhooks = await Promise.all(tenants.map((tenant) => createWebhook(tenant, receiver)))
})
afterAll(async () => {
  await receiver.close()
  await server.close()
})

const rotate = async (keyRing: KeyRing) => {
  const done = await reencryptDataKeys({ store: server.admin, secrets: secretsOver(server.admin, keyRing) })
  if (!done.ok) throw new Error(JSON.stringify(done.problems))
  return done.value
}
const encrypted = () => server.connections.sql<{ id: string; sealed_data_key: string }[]>`
  select id, sealed_data_key from projects order by id`

test('two simultaneous rotations of the master key under traffic encrypt each data key once with the first key, and change no webhook secret', async () => {
  const before = await server.connections.sql`select id, sealed_secret from webhooks order by id`
  const orders = tenants.map((tenant) => createOrder(tenant))
  const both = await Promise.all([rotate([fresh, old]), rotate([fresh, old])])
  // A rotation skips the rows that the other has locked.
  const last = await rotate([fresh, old])

  expect(both.reduce((sum, { reencrypted }) => sum + reencrypted, last.reencrypted)).toBe(12)
  expect(last).toMatchObject({ left: 0, encryptedBy: [{ keyId: 'k2', dataKeys: 12 }] })
  expect(await rotate([fresh, old])).toMatchObject({ reencrypted: 0, left: 0 })
  expect(await server.connections.sql`select id, sealed_secret from webhooks order by id`).toEqual(before)
  await Promise.all(orders)
  await Promise.all(
    tenants.map((tenant, index) => waitForSettled(tenant, { webhookIds: [webhooks[index]?.id] })),
  )
})

test('after a rotation of the master key a server with the new key alone starts and signs, and one with the old key alone refuses to start', async () => {
  await expect(makeApp({ ...server.config, port: 0, secretsKeys: [old] }, nullLog)).rejects.toThrow(
    'SECRETS_KEYS has no key k2, which encrypts secrets of this database',
  )
  const app = await makeApp({ ...server.config, port: 0, secretsKeys: [fresh] }, nullLog)
  try {
    const [first] = tenants
    const there = tenantOf(app.address?.url ?? '', first?.projectId ?? '', first?.key ?? '')
    await mutateOrThrow(there, 'SecretRotate', { id: webhooks[0]?.id })
    const test = await mutateOrThrow<{ attempt: { outcome: string } }>(there, 'WebhookTest', {
      id: webhooks[0]?.id,
    })
    expect(test.attempt.outcome).toBe('SUCCEEDED')
  } finally {
    await app.stop()
  }
})

test('a server refuses to start with a different key under the name of the key that encrypts the data keys', async () => {
  await rotate([old, fresh])
  const other = { id: 'test', key: Buffer.alloc(32, 9) }
  const start = makeApp({ ...server.config, port: 0, secretsKeys: [fresh, other] }, nullLog)
  await expect(start).rejects.toThrow(
    'SECRETS_KEYS has a key test that is not the key test which encrypts secrets of this database',
  )
  // A rotation with the wrong key changes nothing.
  expect(await rotate([fresh, other])).toMatchObject({ reencrypted: 0, left: 12 })
})

test('a rotation leaves and counts a data key that no key decrypts, and re-encrypts the others', async () => {
  await rotate([old, fresh])
  const [one] = await encrypted()
  await server.connections.sql`update projects
    set sealed_data_key = replace(sealed_data_key, '.test.', '.lost.') where id = ${one?.id ?? ''}`
  expect(await rotate([fresh, old])).toEqual({
    key: { id: 'k2', fingerprint: fingerprintOf(fresh) },
    reencrypted: 11,
    left: 1,
    encryptedBy: [
      { keyId: 'k2', dataKeys: 11 },
      { keyId: 'lost', dataKeys: 1 },
    ],
  })
  await server.connections.sql`update projects set sealed_data_key = ${one?.sealed_data_key ?? ''}
    where id = ${one?.id ?? ''}`
  expect(await rotate([old, fresh])).toMatchObject({ reencrypted: 11, left: 0 })
})
