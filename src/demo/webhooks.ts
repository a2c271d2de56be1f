/** Registers the sample partners' webhooks through the API. */
import type { DemoClient } from './client.ts'
import type { Credentials, Partner } from './partners.ts'
import type { SampleReceiver } from './receivers.ts'

const webhookCreate = /* GraphQL */ `
  mutation ($input: WebhookCreateInput!) {
    webhookCreate(input: $input) {
      secret
      token
      userErrors {
        code
        field
        message
      }
    }
  }
`

/** Creates the partner's webhook and gives its credentials to the receiver. */
export async function registerWebhook(
  client: DemoClient,
  { name, preset, settings }: Partner,
  receiver: SampleReceiver,
): Promise<void> {
  const input = { name, url: receiver.url, topics: ['order.*'], preset, ...settings }
  const created = await client.execute<{ webhookCreate: Credentials }>(webhookCreate, { input })
  receiver.setCredentials(created.webhookCreate)
}
