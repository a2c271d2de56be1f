/**
 * Rate limits per minute that are not settings. They protect receivers, which did not ask for these requests, and are
 * higher than what a user reaches by hand.
 */

/** Tests of one webhook. A developer who fixes a receiver sends a test every few seconds. */
export const maxWebhookTests = 20
/** Tests of all webhooks of one project. Each of them may send a request to a server that the project does not own. */
export const maxProjectTests = 300
/** Save checks of one project. A save check sends a request as a test does, and needs no existing webhook. */
export const maxProjectSaveChecks = 300
/** Secret rotations of one webhook. Each rotation invalidates an older secret that the receiver may still use. */
export const maxWebhookRotations = 3
