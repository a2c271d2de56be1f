/** The form of one setting, and its default as the help and the documentation print it. */

/** The groups of settings, in the order of the documentation. */
export const settingGroups = ['Process', 'Network', 'Storage', 'Secrets', 'Sending', 'Rate limits'] as const

/** Reads the text of a setting. Returns its value, or what the text must be: a predicate whose subject is the setting. */
export type Reader<T> = (text: string) => { readonly value: T } | { readonly fault: string }

/** One setting. Texts are Markdown. */
export interface Setting {
  readonly group: (typeof settingGroups)[number]
  readonly read: Reader<unknown>
  /** The default, as the text that an operator would write. Without it, the setting may be missing. */
  readonly default?: string
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
export function defaultOf({ default: text = '', computedDefault }: Setting): string {
  if (computedDefault !== undefined) return computedDefault
  return text === '' ? 'none' : `\`${text}\``
}
