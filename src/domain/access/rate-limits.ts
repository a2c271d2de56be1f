/**
 * How often something may be done in a minute, where it is not a setting. What is dear is not our own work but the
 * receiver's, who did not ask for it, and what a person cannot mean: nobody clicks so often.
 */

/** Tests of one webhook. A person who mends a receiver tries every few seconds. */
export const maxWebhookTests = 20
/** Tests of all webhooks of one project, each of which may ring somebody else's machine: of all its partners' in turn. */
export const maxProjectTests = 300
/** Checks on save of one project, which ring a receiver as a test does, and need no webhook to be there. */
export const maxProjectSaveChecks = 300
/** New secrets of one webhook: each ends an older one, which its receiver may not have replaced yet. */
export const maxWebhookRotations = 3
