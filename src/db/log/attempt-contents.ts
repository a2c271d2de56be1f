/**
 * Reads what attempts sent and received. Bodies may have many kilobytes; one statement reads a limited number of bytes.
 */
import { and, eq, exists, inArray, sql, type SQL } from 'drizzle-orm'
import type { Attempt, AttemptContent, ReadContent } from '../../domain/deliveries/delivery.ts'
import { toRequest, toResponse } from '../shared/row-mapping.ts'
import type { ReadContext } from '../shared/tenant-context.ts'
import { attemptContents, attempts } from '../schema/index.ts'

type Wanted = readonly Pick<Attempt, 'id' | 'startedAt'>[]

/**
 * Returns the requests in the order of `wanted`; null where none is stored. Reads requests up to `maxBytes` in total,
 * but at least one request. The others have `isRead` false.
 */
export async function requestsOf(
  context: ReadContext,
  wanted: Wanted,
  maxBytes: number,
): Promise<readonly (ReadContent<AttemptContent['request']> | null)[]> {
  if (wanted.length === 0) return []
  const { requestUrl, requestHeaders, requestBody } = attemptContents
  const bytes = sql<number>`coalesce(octet_length(${requestUrl}) + octet_length(${requestHeaders}::text) + octet_length(${requestBody}), 0)`
  const isRead = isWithin(bytes, maxBytes)
  const rows = await context.db
    .select({
      attemptId: attemptContents.attemptId,
      bytes,
      isRead,
      url: requestUrl,
      headers: requestHeaders,
      body: sql<string | null>`case when ${isRead} then ${requestBody} end`,
    })
    .from(attemptContents)
    .where(isOfAttempts(context, wanted))
  return inOrder(
    wanted,
    rows.map((row) => [row.attemptId, { ...sizeOf(row), content: toRequest(row) }] as const),
  )
}

/** Like `requestsOf`, for the responses. */
export async function responsesOf(
  context: ReadContext,
  wanted: Wanted,
  maxBytes: number,
): Promise<readonly (ReadContent<AttemptContent['response']> | null)[]> {
  if (wanted.length === 0) return []
  const { responseHeaders, responseBody } = attemptContents
  const bytes = sql<number>`coalesce(octet_length(${responseHeaders}) + octet_length(${responseBody}), 0)`
  const isRead = isWithin(bytes, maxBytes)
  const rows = await context.db
    .select({
      attemptId: attemptContents.attemptId,
      bytes,
      isRead,
      headers: responseHeaders,
      body: sql<AttemptContent['response']>`case when ${isRead} then ${responseBody} end`.mapWith(
        responseBody,
      ),
      bodySize: attemptContents.responseBodySize,
      truncated: attemptContents.responseTruncated,
      decompressed: attemptContents.responseDecompressed,
      malformed: attemptContents.responseMalformed,
    })
    .from(attemptContents)
    .where(isOfAttempts(context, wanted))
  return inOrder(
    wanted,
    rows.map((row) => [row.attemptId, { ...sizeOf(row), content: toResponse(row) }] as const),
  )
}

function isOfAttempts(context: ReadContext, wanted: Wanted): SQL | undefined {
  return and(
    eq(attemptContents.projectId, context.scope.projectId),
    inArray(
      attemptContents.attemptId,
      wanted.map(({ id }) => id),
    ),
    inArray(
      attemptContents.startedAt,
      wanted.map(({ startedAt }) => startedAt),
    ),
    isInScope(context),
  )
}

function isInScope({ db, conditions }: ReadContext): SQL | undefined {
  const ofWebhook = conditions.ofWebhook(attempts.webhookId)
  if (ofWebhook === undefined) return undefined
  const attempt = db
    .select({ id: attempts.id })
    .from(attempts)
    .where(
      and(
        eq(attempts.startedAt, attemptContents.startedAt),
        eq(attempts.id, attemptContents.attemptId),
        ofWebhook,
      ),
    )
  return exists(attempt)
}

/** True for the first row, and for each further row while the sum of all rows up to it is at most `maxBytes`. */
function isWithin(bytes: SQL<number>, maxBytes: number): SQL<boolean> {
  const order = sql`(order by ${attemptContents.attemptId})`
  return sql<boolean>`(sum(${bytes}) over ${order} <= ${maxBytes} or row_number() over ${order} = 1)`
}

function sizeOf({ bytes, isRead }: { readonly bytes: number; readonly isRead: boolean }) {
  return { bytes, isRead }
}

function inOrder<Part>(
  wanted: Wanted,
  found: readonly (readonly [string, ReadContent<Part>])[],
): readonly (ReadContent<Part> | null)[] {
  const byId = new Map(found)
  return wanted.map(({ id }) => byId.get(id) ?? null)
}
