/** The log: one JSON line per step on standard error. Standard output is reserved for the output of commands. */
import { pino } from 'pino'
import type { Log } from '../ports/log.ts'

/** The levels of LOG_LEVEL. */
export const logLevels = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const
export type LogLevel = (typeof logLevels)[number]

/** The log of a process, with a level for the error that ends the process. */
export interface ProcessLog extends Log {
  fatal(fields: Record<string, unknown>, step: string): void
}

/** Creates a log that writes this level and above, synchronously. */
export function makeLog(level: LogLevel): ProcessLog {
  return pino(
    {
      level,
      messageKey: 'step',
      // Writes the level's name instead of its number, and no pid and host name.
      formatters: { level: (label) => ({ level: label }) },
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { cause: describeCause },
      // No step logs these fields. Redaction is a second protection.
      redact: {
        paths: ['authorization', '*.authorization', '*.secret', '*.token', 'connectionParams'],
        censor: '[masked]',
      },
    },
    pino.destination({ dest: 2, sync: true }),
  )
}

// Logs an error and its chain of causes. Omits all other properties, which may contain parameters of a statement.
function describeCause(cause: unknown): unknown {
  if (!(cause instanceof Error)) return String(cause)
  const query = 'query' in cause && typeof cause.query === 'string' ? cause.query : undefined
  return {
    // The message of a failed statement ends with its parameters, which may contain personal data. A connection that
    // failed before its first statement has no query, and its message contains the reason.
    message: query === undefined ? cause.message : `Failed query: ${query}`,
    ...('code' in cause && { code: cause.code }),
    ...(query === undefined && { stack: cause.stack }),
    ...(cause.cause !== undefined && { cause: describeCause(cause.cause) }),
  }
}
