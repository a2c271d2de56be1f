/** The documents that API tests execute: those that the contract prints, and further ones. */
import { readFileSync } from 'node:fs'
import { Kind, parse } from 'graphql'

const names = [
  'SiteCreate',
  'OrderCreate',
  'OrderStateChange',
  'CustomerStateChange',
  'OrderUpdate',
  'WebhookCreate',
  'WebhookUpdate',
  'WebhookDisable',
  'WebhookEnable',
  'WebhookDelete',
  'WebhookTest',
  'Log',
  'Attempts',
  'Who',
  'Live',
  'Health',
  'EventPublish',
  'TopicCreate',
  'Retry',
  'Cancel',
  'Preview',
  'SecretRotate',
  'KeyCreate',
  'KeyRevoke',
  'PartnerCreate',
  'AuditLog',
  'DeliveriesRetry',
  'BulkRetry',
  'BulkRetryPause',
  'BulkRetryResume',
  'BulkRetryCancel',
  'Installation',
  'AllAttempts',
  'WebhookPause',
  'WebhookResume',
] as const
type ContractName = (typeof names)[number]

/** The documents of the contract, character for character. */
export const contractDocuments: Readonly<Record<ContractName, string>> = readDocuments()

function readDocuments(): Readonly<Record<ContractName, string>> {
  const text = readFileSync(new URL('../../contract/served.graphql', import.meta.url), 'utf8')
  const found = new Map<string, string>()
  for (const definition of parse(text).definitions)
    if (definition.kind === Kind.OPERATION_DEFINITION && definition.name !== undefined)
      found.set(definition.name.value, text.slice(definition.loc?.start, definition.loc?.end))
  const pairs = names.map((name) => {
    const document = found.get(name)
    if (document === undefined) throw new Error(`expected the document ${name} in served.graphql, found none`)
    return [name, document] as const
  })
  return Object.fromEntries(pairs) as Record<ContractName, string>
}

/** Documents of mutations that the contract does not print, in the same form. */
export const furtherDocuments = {
  PartnerUpdate: `mutation PartnerUpdate($input: PartnerUpdateInput!) {
  partnerUpdate(input: $input) { partner { id name contact { name email } createdAt deletedAt } userErrors { code field message } }
}`,
  PartnerDelete: `mutation PartnerDelete($input: PartnerDeleteInput!) {
  partnerDelete(input: $input) { deletedId userErrors { code field message } }
}`,
  SiteUpdate: `mutation SiteUpdate($input: SiteUpdateInput!) {
  siteUpdate(input: $input) { site { id number name partnerIdentifier createdAt updatedAt } userErrors { code field message } }
}`,
  CustomerCreate: `mutation CustomerCreate($input: CustomerCreateInput!) {
  customerCreate(input: $input) { customer { id number name carType carColor licensePlate createdAt updatedAt } userErrors { code field message } }
}`,
  CustomerUpdate: `mutation CustomerUpdate($input: CustomerUpdateInput!) {
  customerUpdate(input: $input) { customer { id number name carType carColor licensePlate createdAt updatedAt } userErrors { code field message } }
}`,
  CustomerErase: `mutation CustomerErase($input: CustomerEraseInput!) {
  customerErase(input: $input) { customer { id number name carType carColor licensePlate createdAt updatedAt } userErrors { code field message } }
}`,
  OrderDelete: `mutation OrderDelete($input: OrderDeleteInput!) {
  orderDelete(input: $input) { deletedId order { id state version updatedAt deletedAt } event { id topic sequence } userErrors { code field message } }
}`,
} as const
