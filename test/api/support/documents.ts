/** Documents of mutations that the contract does not print, in the same form. */

export const furtherDocuments = {
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
