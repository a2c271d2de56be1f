/** Explains why a connection could not be opened and how to fix it, in terms of DATABASE_URL. */
import { errorCode } from '../domain/shared/error-code.ts'
import { isTooManyConnections } from '../domain/shared/sqlstate.ts'

const untrusted = new Set([
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])

const directUrl = 'connect to PostgreSQL itself, by the direct URL that your host shows beside the pooled one'

/** The reason in one line, without a secret. Undefined: the error's message is sufficient. */
export function adviceFor(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  if (isTooManyConnections(error))
    return `it has no free connection (${error.message}): raise max_connections or the role's connection limit, or end other clients`
  const code = errorCode(error)
  if (untrusted.has(code))
    return `its certificate is not trusted (${error.message}): set DATABASE_CA_FILE to a PEM file with the certificate of the authority that signed it (available from your provider)`
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return `its certificate is for another name (${error.message}): write the name that the certificate has into DATABASE_URL, or sslmode=verify-ca to trust every certificate of the authority`
  if (code === 'CERT_HAS_EXPIRED') return 'its certificate has expired: renew it'
  if (/does not support SSL/.test(error.message))
    return 'it does not offer TLS: turn ssl on there, or write sslmode=disable into DATABASE_URL'
  if (/no encryption|SSL off|requires? (SSL|TLS|encryption)|insecure connection/i.test(error.message))
    return `it accepts only encrypted connections (${error.message}): write sslmode=require into DATABASE_URL`
  // PgBouncer's message for a startup parameter that it does not pass on.
  if (/unsupported startup parameter/i.test(error.message))
    return `a PgBouncer in between does not keep the settings of a session (${error.message}): ${directUrl}`
  return undefined
}

/** For a pooler that accepted the settings of a session and did not pass them on. */
export const keptSettings = `a PgBouncer in between does not keep the settings of a session: ${directUrl}`
