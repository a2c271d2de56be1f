/**
 * A webhook's credentials: its signing secrets, its token and the values of its custom headers. They are stored
 * encrypted, each bound to its webhook and field by additional authenticated data, and decrypted here for requests. Does
 * not sign requests: each dialect in `domain/dialects` signs its own.
 */
import type { Header } from '../domain/deliveries/outcome.ts'
import type { ClaimedWebhook } from '../ports/dispatch-store.ts'
import type { Secrets } from '../ports/secrets.ts'

/** Additional authenticated data of a webhook's signing secret. */
export function secretAad(webhookId: string): string {
  return `webhooks/${webhookId}/secret`
}

/** Additional authenticated data of a webhook's token. */
export function tokenAad(webhookId: string): string {
  return `webhooks/${webhookId}/token`
}

/** Additional authenticated data of the value of a webhook's custom header. The case of the name does not matter. */
export function headerAad(webhookId: string, name: string): string {
  return `webhooks/${webhookId}/headers/${name.toLowerCase()}`
}

/** A webhook's credentials in clear text. They are only for the request itself, never for anything stored or shown. */
export interface Credentials {
  /** The webhook's custom headers. They follow the dialect's headers. */
  readonly headers: readonly Header[]
  /** Signing secrets, newest first. */
  readonly secrets: readonly string[]
  /** Null: the webhook has no token. */
  readonly token: string | null
}

/** Decrypts a webhook's credentials. */
export async function decryptCredentials(
  { secrets }: { readonly secrets: Secrets },
  { projectId, webhookId }: { readonly projectId: string; readonly webhookId: string },
  webhook: Pick<ClaimedWebhook, 'headers' | 'encrypted'>,
): Promise<Credentials> {
  const decrypt = (place: string, encrypted: string) => secrets.decrypt(projectId, place, encrypted)
  const { encrypted } = webhook
  return {
    headers: await Promise.all(
      webhook.headers.map(async (header) => {
        const { name } = header
        if ('value' in header) return header
        return { name, value: await decrypt(headerAad(webhookId, name), header.sealedValue) }
      }),
    ),
    secrets: await Promise.all(encrypted.secrets.map((secret) => decrypt(secretAad(webhookId), secret))),
    token: encrypted.token === null ? null : await decrypt(tokenAad(webhookId), encrypted.token),
  }
}
