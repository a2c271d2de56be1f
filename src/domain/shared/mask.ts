/** The text that replaces a secret wherever one is stored in the log or shown. */
export const mask = '[masked]'
