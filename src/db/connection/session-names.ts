/**
 * The application name of the admin pool's sessions, followed by the process id: `orderbell-admin/<process id>`.
 */
export const adminSession = 'orderbell-admin'
/**
 * The name in earlier versions, some of which wrote no process id. Such a server may still run during an upgrade, and a
 * rotation of keys must not overlook it.
 */
export const formerAdminSession = 'orderbell-door'
/** Replaces the process id in the sessions of a command, which sends no requests. */
export const commandSession = 'command'
