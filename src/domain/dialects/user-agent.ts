/** The User-Agent of our requests. It also identifies requests that an Orderbell of any version sent. */

const product = 'Orderbell'
/** The comment of the User-Agent: the version of the Standard Webhooks specification. */
const comment = 'Webhooks/1.0.0'

/**
 * Returns the User-Agent for a version of package.json. Its form is that of Fast Events' document, "Fast-Events/1.6.0
 * (WordPress/6.1.1)": product, three-part version, comment. The suffix of a version such as 1.2.0-beta.1 or 1.2.0+build
 * is left out. Throws when the version does not begin with three numbers.
 */
export function userAgentOf(version: string): string {
  const [threeParts] = /^\d+\.\d+\.\d+(?=$|[-+])/.exec(version) ?? []
  if (threeParts === undefined)
    throw new Error(`expected the version of package.json to be such as 1.2.3, found ${version}`)
  return `${product}/${threeParts} (${comment})`
}

// Matches only the product and version: before 0.1.0 the User-Agent was "Orderbell/1", usually without a comment.
const ownUserAgent = new RegExp(`^${product}/\\d+(\\.\\d+)*( |$)`)

/** Returns whether this User-Agent is one that some version of Orderbell sends. */
export function isOwnUserAgent(userAgent: string | undefined): boolean {
  return ownUserAgent.test(userAgent ?? '')
}
