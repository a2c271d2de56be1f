/**
 * The application name of the admin pool's sessions, followed by the process id: `orderbell-door/<process id>`.
 * Sessions of earlier versions have no id.
 */
export const adminSession = 'orderbell-door'
/** Replaces the process id in the sessions of a command, which sends no requests. */
export const commandSession = 'command'
