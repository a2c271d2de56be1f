/**
 * Checks that postgres.js is patched by `patches/`. Without the patch it ends the whole process when a connection
 * breaks while it is being opened. npm applies the patch after each install, unless install scripts are disabled.
 */
import postgres from 'postgres'

/** Incremented in the patch whenever the patch changes. */
export const patchNumber = 4

/** Returns what to do about an unpatched driver. Undefined: it is patched. */
export function unpatchedDriver(): string | undefined {
  const found = 'orderbellPatch' in postgres ? Number(postgres.orderbellPatch) : 'none'
  if (found === patchNumber) return undefined
  return `the database driver in node_modules is not patched (expected patch ${patchNumber}, found ${found}), so a lost connection could end the process: run npm ci, or npx patch-package where npm may not run install scripts`
}
