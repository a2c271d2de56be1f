/** The log: one JSON line per step on standard error, so that standard output stays free for what a command prints. */
import { pino } from 'pino'
import type { Log } from '../ports/platform.ts'

export const logLevels = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const
export type LogLevel = (typeof logLevels)[number]

/** The log of a whole process: what ends it is fatal. */
export interface ProcessLog extends Log {
  fatal(fields: Record<string, unknown>, step: string): void
}

export function makeLog(level: LogLevel): ProcessLog {
  return pino(
    {
      level,
      messageKey: 'step',
      // The level's name rather than a number; the process and the host are whoever runs it.
      formatters: { level: (label) => ({ level: label }) },
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { cause: describeCause },
      // No step logs these; the second net, should one ever do.
      redact: {
        paths: ['authorization', '*.authorization', '*.secret', '*.token', 'connectionParams'],
        censor: '[masked]',
      },
    },
    pino.destination({ dest: 2, sync: true }),
  )
}

// An error's own chain of causes; never its other properties, which may hold values of a statement.
function describeCause(cause: unknown): unknown {
  if (!(cause instanceof Error)) return String(cause)
  const query = 'query' in cause && typeof cause.query === 'string' ? cause.query : undefined
  return {
    // A failed statement's message ends with its parameters, which may be a customer's name. A connection that failed
    // before its first statement has no query, and its message says why.
    message: query === undefined ? cause.message : `Failed query: ${query}`,
    ...('code' in cause && { code: cause.code }),
    ...(query === undefined && { stack: cause.stack }),
    ...(cause.cause !== undefined && { cause: describeCause(cause.cause) }),
  }
}
