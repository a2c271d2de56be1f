/** By which name a session of the admin pool says whose it is: `orderbell-door/<process id>`. Sessions of earlier versions have no id. */
export const adminSession = 'orderbell-door'
/** In place of a process id: a command, which sends nothing. */
export const commandSession = 'command'
