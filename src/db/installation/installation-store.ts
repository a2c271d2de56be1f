/**
 * The store of the installation itself, which is not restricted to one project: projects, OPERATOR keys, data keys, key
 * look-ups, running processes and delivery counts. Requests of a project use `tenant/tenant-store.ts`.
 */
import type { Scope } from '../../domain/access/scope.ts'
import type { Database } from '../connection/connect.ts'
import { installation } from '../schema/index.ts'
import { makeProjectStore } from '../tenant/tenant-store.ts'
import { countDeliveries } from './count-deliveries.ts'
import { encryptedDataKey, reencryptDataKeys, encryptedSamples, encryptionKeys } from './data-keys.ts'
import { now } from './database-clock.ts'
import { endedKeys, keyById, recordLastUse } from './key-look-ups.ts'
import {
  hasOperatorEntry,
  insertOperatorKey,
  listOperatorEntries,
  listOperatorKeys,
  operatorKeysByIds,
  revokeOperatorKey,
} from './operator-keys.ts'
import { makeProcessStore } from './processes.ts'
import { deleteSession, endedSessions, insertSession, recordSessionUse, sessionById } from './sessions.ts'
import { allProjects, insertProject, listProjects, projectExists } from './projects.ts'

/** The store of the installation. */
export type AdminStore = ReturnType<typeof makeAdminStore>

export function makeAdminStore(db: Database) {
  const bind =
    <Parameters extends unknown[], Result>(
      statement: (db: Database, ...parameters: Parameters) => Promise<Result>,
    ) =>
    (...parameters: Parameters): Promise<Result> =>
      statement(db, ...parameters)
  return {
    ...makeProcessStore(db),
    installationId: bind(installationId),
    now: bind(now),

    insertProject: bind(insertProject),
    projectExists: bind(projectExists),
    listProjects: bind(listProjects),
    allProjects: bind(allProjects),
    /** Returns the store of one project, for work that the installation does there. */
    openProject: (scope: Scope) => makeProjectStore(db, scope),

    encryptedDataKey: bind(encryptedDataKey),
    encryptionKeys: bind(encryptionKeys),
    encryptedSamples: bind(encryptedSamples),
    reencryptDataKeys: bind(reencryptDataKeys),

    keyById: bind(keyById),
    endedKeys: bind(endedKeys),
    recordLastUse: bind(recordLastUse),

    insertSession: bind(insertSession),
    sessionById: bind(sessionById),
    endedSessions: bind(endedSessions),
    recordSessionUse: bind(recordSessionUse),
    deleteSession: bind(deleteSession),

    listOperatorKeys: bind(listOperatorKeys),
    operatorKeysByIds: bind(operatorKeysByIds),
    insertOperatorKey: bind(insertOperatorKey),
    revokeOperatorKey: bind(revokeOperatorKey),
    listOperatorEntries: bind(listOperatorEntries),
    hasOperatorEntry: bind(hasOperatorEntry),

    countDeliveries: bind(countDeliveries),
  }
}

/** The same for every process on this database, and for no other database. */
async function installationId(db: Database): Promise<string> {
  const [row] = await db.select().from(installation)
  if (row === undefined) throw new Error('expected the database to name its installation, it does not')
  return row.id
}
