/**
 * A webhook's credentials: its signing secrets, its token and the values of its own headers. They are stored encrypted,
 * each bound to its place by additional data, and decrypted here for one request.
 */
import type { Header } from '../domain/deliveries/outcome.ts'
import type { ClaimedWebhook } from '../ports/dispatch-store.ts'
import type { Secrets } from '../ports/platform.ts'

/** Where a webhook's signing secret is sealed for. */
export function secretAad(webhookId: string): string {
  return `webhooks/${webhookId}/secret`
}

/** Where a webhook's token is sealed for. */
export function tokenAad(webhookId: string): string {
  return `webhooks/${webhookId}/token`
}

/** Where the value of a webhook's own header is sealed for. */
export function headerAad(webhookId: string, name: string): string {
  return `webhooks/${webhookId}/headers/${name.toLowerCase()}`
}

/** What a webhook's requests carry, in clear: for the wire, and for nothing that is stored or shown. */
export interface Credentials {
  /** Its own headers, which follow the dialect's. */
  readonly headers: readonly Header[]
  /** Signing secrets, newest first. */
  readonly secrets: readonly string[]
  /** Null: none is set. */
  readonly token: string | null
}

/** Opens what is sealed of a webhook. */
export async function openCredentials(
  { secrets }: { readonly secrets: Secrets },
  { projectId, webhookId }: { readonly projectId: string; readonly webhookId: string },
  webhook: Pick<ClaimedWebhook, 'headers' | 'encrypted'>,
): Promise<Credentials> {
  const open = (place: string, encrypted: string) => secrets.open(projectId, place, encrypted)
  const { encrypted } = webhook
  return {
    headers: await Promise.all(
      webhook.headers.map(async (header) => {
        const { name } = header
        if ('value' in header) return header
        return { name, value: await open(headerAad(webhookId, name), header.sealedValue) }
      }),
    ),
    secrets: await Promise.all(encrypted.secrets.map((secret) => open(secretAad(webhookId), secret))),
    token: encrypted.token === null ? null : await open(tokenAad(webhookId), encrypted.token),
  }
}
