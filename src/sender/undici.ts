/**
 * The two parts of undici that the sender uses. Its index also loads fetch, WebSockets, caches and mocks, which takes 60
 * of 150 ms at the start of each server. undici has no smaller entry point, so its version in package.json is exact, and
 * an update that moves one of these files fails at the first import of this module.
 */
import { createRequire } from 'node:module'
import type * as undici from 'undici'

const require = createRequire(import.meta.url)

export const Client = require('undici/lib/dispatcher/client.js') as typeof undici.Client
export type Client = undici.Client
export const errors = require('undici/lib/core/errors.js') as typeof undici.errors
