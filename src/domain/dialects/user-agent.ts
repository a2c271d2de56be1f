/** The User-Agent of our requests, and how a request of our own is recognised by it, whatever version sent it. */

const product = 'Orderbell'
/** What the comment names: webhooks, by the version of the Standard Webhooks specification. */
const comment = 'Webhooks/1.0.0'

/**
 * The shape of the Fast Events document's example, "Fast-Events/1.6.0 (WordPress/6.1.1)": product, three-part version,
 * comment. A suffix of the version, as of 1.2.0-beta.1 or 1.2.0+build, is left out.
 */
export function userAgentOf(version: string): string {
  const [threeParts] = /^\d+\.\d+\.\d+(?=$|[-+])/.exec(version) ?? []
  if (threeParts === undefined)
    throw new Error(`expected the version of package.json to be such as 1.2.3, found ${version}`)
  return `${product}/${threeParts} (${comment})`
}

// Its first word alone: versions before 0.1.0 sent Orderbell/1.
const ownUserAgent = new RegExp(`^${product}/\\d+(\\.\\d+)*( |$)`)

/** Whether a request with this User-Agent was sent by Orderbell, in whatever version. */
export function isOwnUserAgent(userAgent: string | undefined): boolean {
  return ownUserAgent.test(userAgent ?? '')
}
