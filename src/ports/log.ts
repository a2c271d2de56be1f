/** Structured log. `step` names the event in past tense, such as `webhook.disabled`. */
export interface Log {
  debug(fields: Record<string, unknown>, step: string): void
  info(fields: Record<string, unknown>, step: string): void
  warn(fields: Record<string, unknown>, step: string): void
  error(fields: Record<string, unknown>, step: string): void
}
