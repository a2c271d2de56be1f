/** The form of one setting, and its default as the help and the documentation print it. */
import { z } from 'zod'

/** The groups of settings, in the order of the documentation. */
export const settingGroups = ['Process', 'Network', 'Storage', 'Secrets', 'Sending', 'Rate limits'] as const

/** One setting. Texts are Markdown. */
export interface Setting {
  readonly group: (typeof settingGroups)[number]
  /** Parses the value. `prefault` names the default as the text that an operator would write. */
  readonly value: z.ZodType<unknown, string | undefined>
  /** Describes a default that is computed. */
  readonly computedDefault?: string
  /** Unit, and range of a number. */
  readonly unit?: string
  /** One or two sentences. */
  readonly meaning: string
  /** A link to the section that says more. */
  readonly see?: string
}

/** The default as Markdown. */
export function defaultOf({ value, computedDefault }: Setting): string {
  if (computedDefault !== undefined) return computedDefault
  const text = value instanceof z.ZodPrefault ? String(value.def.defaultValue) : ''
  return text === '' ? 'none' : `\`${text}\``
}
