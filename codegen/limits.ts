/**
 * The table of the limits that clients can reach, for docs/configuration.md. The numbers are the constants that the server
 * enforces.
 */
import { maxLiveKeys } from '../src/domain/access/key.ts'
import { maxPartners } from '../src/domain/access/partner.ts'
import {
  maxProjectSaveChecks,
  maxProjectTests,
  maxWebhookRotations,
  maxWebhookTests,
} from '../src/domain/access/rate-limits.ts'
import { maxSearchedWords, maxSearchLength } from '../src/domain/orders/search-words.ts'
import { maxDeliveries, maxUnfinished } from '../src/domain/deliveries/bulk-retry.ts'
import { maxBuffered } from '../src/feed/subscription.ts'
import { defaultSize, maxExactCount, maxSize } from '../src/graphql/core/connection.ts'
import {
  defaultBounds as readBounds,
  limitsOfEvent,
  limitsOfOperation,
} from '../src/graphql/core/read-bytes.ts'
import { maxCost } from '../src/graphql/execution/cost.ts'
import { maxQueryMs } from '../src/graphql/execution/deadline.ts'
import {
  maxAliases,
  maxBodyBytes,
  maxDepth,
  maxDirectives,
  maxDocumentLength,
  maxErrorLength,
  maxErrors,
  maxFields,
  maxMessageBytes,
  maxTokens,
  maxVariableDepth,
} from '../src/graphql/execution/document-limits.ts'
import { maxBufferedBytes, stuckMs } from '../src/graphql/websocket/slow-sockets.ts'
import {
  maxSocketsPerKey,
  maxSubscriptionsPerProject,
  maxSubscriptionsPerSocket,
  maxUnauthenticated,
  maxUnauthenticatedPerAddress,
} from '../src/graphql/websocket/connection-limits.ts'
import { maxAhead } from '../src/graphql/websocket/execute-subscription.ts'
import { pingEveryMs } from '../src/graphql/websocket/heartbeat.ts'
import { initWaitMs } from '../src/graphql/websocket/websocket-transport.ts'
import { statementMs } from '../src/postgres/dead-connections.ts'
import { defaultConnectionBounds as connectionBounds } from '../src/runtime/server/connection-limits.ts'
import { burstMs } from '../src/runtime/server/keyless-rate-limit.ts'
import { defaultPipeliningBounds } from '../src/runtime/server/pipelining.ts'
import { defaultUnreadBounds } from '../src/runtime/server/unread-responses.ts'
import { defaultTimeouts } from '../src/runtime/server/web-server.ts'
import { settingsSchema, type settings } from '../src/settings/settings.ts'
import { bytes, number, seconds } from './units.ts'

/** What is limited, the value, and what happens beyond it. */
type Row = readonly [limit: string, value: string, beyond: string]

const defaults = settingsSchema.parse({})
const tooComplex = '`QUERY_TOO_COMPLEX`'
const noData = '`QUERY_TOO_COMPLEX`, no data'
const rateLimited = '`RATE_LIMITED`'
const nextTurn = 'the others wait for the next turn'

const documents: readonly Row[] = [
  ['body of an HTTP request, uncompressed', bytes(maxBodyBytes), '413 `BAD_USER_INPUT`'],
  ['document', `${number(maxDocumentLength)} characters, ${number(maxTokens)} tokens`, tooComplex],
  ['depth of fields', number(maxDepth), tooComplex],
  [
    'aliases, directives, fields, with fragments expanded',
    `${maxAliases}, ${maxDirectives}, ${maxFields}`,
    tooComplex,
  ],
  ['cost of one operation', `${number(maxCost)} points`, `${tooComplex}, with both numbers`],
  [
    'large data that one operation reads, and the size of its answer',
    `${bytes(limitsOfOperation.read)}, ${bytes(limitsOfOperation.response)}`,
    noData,
  ],
  [
    'the same for one event of a subscription',
    `${bytes(limitsOfEvent.read)}, ${bytes(limitsOfEvent.response)}`,
    noData,
  ],
  ['depth of objects and lists in variables', number(maxVariableDepth), '`BAD_USER_INPUT`'],
  ['page', `1 to ${maxSize} members, default ${defaultSize}`, '`BAD_USER_INPUT`'],
  ['`search` of orders', `${maxSearchLength} characters, ${maxSearchedWords} words`, '`BAD_USER_INPUT`'],
  ['`count` of a connection', `exact up to ${number(maxExactCount)} items`, 'that number, `isExact: false`'],
  ['time of a query', `${seconds(maxQueryMs)}, each of its statements ${seconds(statementMs)}`, noData],
  ['statement of a mutation', seconds(statementMs), '`INTERNAL_SERVER_ERROR`; see below'],
  [
    'valid keys of a project; its partners',
    `${number(maxLiveKeys)}; ${number(maxPartners)}`,
    '`LIMIT_REACHED`',
  ],
  [
    'deliveries of a bulk retry; bulk retries of a partner that are running or paused',
    `${number(maxDeliveries)}; ${number(maxUnfinished)}`,
    '`LIMIT_REACHED`',
  ],
  ['errors in one refusal; characters of a message', `${maxErrors}; ${maxErrorLength}`, 'truncated'],
]

const sockets: readonly Row[] = [
  ['message', bytes(maxMessageBytes), 'close 1009'],
  [
    'subscriptions on one socket',
    number(maxSubscriptionsPerSocket),
    `${rateLimited} for that one; the others continue`,
  ],
  [
    'subscriptions of one project, per process',
    number(maxSubscriptionsPerProject),
    `${rateLimited} for that one`,
  ],
  ['sockets of one key, per process', number(maxSocketsPerKey), 'close 4429, with the reason'],
  ['time for a socket to authenticate', seconds(initWaitMs), 'close 4408'],
  [
    'unauthenticated sockets, per process',
    `${maxUnauthenticatedPerAddress} of one address, ${number(maxUnauthenticated)} in total`,
    '429 instead of the upgrade',
  ],
  [
    'data waiting to be sent on a socket',
    // The events that are answered ahead, and the one that is being sent.
    `${bytes(maxBufferedBytes)}, and ${maxAhead + 1} events of each subscription`,
    'no more is made or read for the socket until the client reads',
  ],
  ['time in which a socket accepts no waiting data', seconds(stuckMs), 'close 4413'],
  [
    `time to answer a ping, sent every ${seconds(pingEveryMs)}`,
    `${seconds(pingEveryMs)}, once no data waits to be sent`,
    'the connection ends (1006)',
  ],
  [
    'events in memory for one subscription',
    number(maxBuffered),
    'the subscription continues from the table, without a gap',
  ],
  ['frames of one socket read in one turn of the event loop', '1', nextTurn],
]

const rates: readonly Row[] = [
  [
    'cost of all operations of one key',
    perMinute(defaults.RATE_COST_PER_MINUTE, 'RATE_COST_PER_MINUTE', ' points'),
    rateLimited,
  ],
  [
    'changes of one key: fields of its mutations',
    perMinute(defaults.RATE_MUTATIONS_PER_MINUTE, 'RATE_MUTATIONS_PER_MINUTE'),
    rateLimited,
  ],
  [
    'failed authentications from one address, per process',
    perMinute(defaults.RATE_FAILED_AUTH_PER_MINUTE, 'RATE_FAILED_AUTH_PER_MINUTE'),
    `${rateLimited}, close 4429; a key in use still works`,
  ],
  [
    'requests without a valid key from one address, per process',
    keyless(defaults.RATE_KEYLESS_PER_MINUTE),
    `${rateLimited}, and the connection is closed; 429 instead of an upgrade`,
  ],
  [
    '`webhookTest` of one webhook; of one project',
    `${maxWebhookTests} a minute; ${maxProjectTests} a minute`,
    `${rateLimited}, no request is sent`,
  ],
  [
    'checks on save of one project',
    `${maxProjectSaveChecks} a minute`,
    `${rateLimited}, no request is sent, nothing is saved`,
  ],
  ['`webhookSecretRotate` of one webhook', `${maxWebhookRotations} a minute`, rateLimited],
]

const connections: readonly Row[] = [
  [
    'connections without a request yet, per process',
    `${connectionBounds.silentPerAddress} of one address, ${number(connectionBounds.silentInAll)} in total`,
    'the oldest is closed',
  ],
  [
    'connections of one address, per process',
    `${number(connectionBounds.perAddress)}; the connections of a trusted proxy are not counted`,
    'closed',
  ],
  [
    'time for the headers of a request; for the whole request',
    `${seconds(defaultTimeouts.headersTimeout)}; ${seconds(defaultTimeouts.requestTimeout)}`,
    '408',
  ],
  [
    'connections kept for the next request, per process',
    `${number(connectionBounds.idleInAll)} in total; each for ${defaults.KEEP_ALIVE_SECONDS} s (${setting('KEEP_ALIVE_SECONDS')})`,
    'the oldest is closed',
  ],
  [
    'requests of one connection begun in one turn of the event loop',
    number(defaultPipeliningBounds.startsPerIteration),
    nextTurn,
  ],
  [
    'unanswered requests of one connection',
    number(defaultPipeliningBounds.unanswered),
    'the connection is closed',
  ],
  [
    'time for a client to receive an answer',
    seconds(defaultUnreadBounds.readWithinMs),
    'the connection is closed',
  ],
  [
    'answers that wait for their clients, per process',
    `${bytes(defaultUnreadBounds.bytesInAll)} in total`,
    'the connections of the oldest are closed',
  ],
  [
    'large data read for answers that are not sent yet, per process',
    `${bytes(readBounds.perProject)} for one project, ${bytes(readBounds.inAll)} in total`,
    rateLimited,
  ],
]

/** The tables of limits by the name of their section. */
export const limits = { documents, sockets, rates: [...rates, ...connections] }

function keyless(inMinute: number): string {
  const second = inMinute / 60
  return `${number((second * burstMs) / 1_000)} at once, ${number(second)} a second (${setting('RATE_KEYLESS_PER_MINUTE')})`
}

function perMinute(value: number, name: keyof typeof settings, what = ''): string {
  return `${number(value)}${what} a minute (${setting(name)})`
}

function setting(name: keyof typeof settings): string {
  return `\`${name}\``
}
