/**
 * Reads what attempts sent and received. Bodies may have many kilobytes; one statement reads a limited number of bytes.
 */
import { and, eq, exists, inArray, sql, type SQL } from 'drizzle-orm'
import type { Attempt, AttemptContent, ReadContent } from '../../domain/deliveries/delivery.ts'
import type { ProjectStore } from '../../ports/tenant-store.ts'
import type { Scope } from '../../domain/access/scope.ts'
import type { Reading } from '../connection/connect.ts'
import { tenantConditions } from '../shared/tenant-conditions.ts'
import { toRequest, toResponse } from '../shared/row-mapping.ts'
import { attemptContents, attempts } from '../schema/index.ts'

type Wanted = readonly Pick<Attempt, 'id' | 'startedAt'>[]

export function makeAttemptContents(
  db: Reading,
  scope: Scope,
): Pick<ProjectStore, 'requestsOf' | 'responsesOf'> {
  const { requestUrl, requestHeaders, requestBody, responseHeaders, responseBody } = attemptContents
  return {
    requestsOf: async (wanted, maxBytes) => {
      if (wanted.length === 0) return []
      const bytes = sql<number>`coalesce(octet_length(${requestUrl}) + octet_length(${requestHeaders}::text) + octet_length(${requestBody}), 0)`
      const isRead = isWithin(bytes, maxBytes)
      const rows = await db
        .select({
          attemptId: attemptContents.attemptId,
          bytes,
          isRead,
          url: requestUrl,
          headers: requestHeaders,
          body: sql<string | null>`case when ${isRead} then ${requestBody} end`,
        })
        .from(attemptContents)
        .where(these(wanted))
      return inOrder(
        wanted,
        rows.map((row) => [row.attemptId, { ...sizeOf(row), content: toRequest(row) }] as const),
      )
    },
    responsesOf: async (wanted, maxBytes) => {
      if (wanted.length === 0) return []
      const bytes = sql<number>`coalesce(octet_length(${responseHeaders}) + octet_length(${responseBody}), 0)`
      const isRead = isWithin(bytes, maxBytes)
      const rows = await db
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
        .where(these(wanted))
      return inOrder(
        wanted,
        rows.map((row) => [row.attemptId, { ...sizeOf(row), content: toResponse(row) }] as const),
      )
    },
  }

  function these(wanted: Wanted): SQL | undefined {
    return and(
      eq(attemptContents.projectId, scope.projectId),
      inArray(
        attemptContents.attemptId,
        wanted.map(({ id }) => id),
      ),
      inArray(
        attemptContents.startedAt,
        wanted.map(({ startedAt }) => startedAt),
      ),
      ofOwnAttempt(),
    )
  }

  function ofOwnAttempt(): SQL | undefined {
    const ofOwn = tenantConditions(scope).ofWebhook(attempts.webhookId)
    if (ofOwn === undefined) return undefined
    const attempt = db
      .select({ id: attempts.id })
      .from(attempts)
      .where(
        and(
          eq(attempts.startedAt, attemptContents.startedAt),
          eq(attempts.id, attemptContents.attemptId),
          ofOwn,
        ),
      )
    return exists(attempt)
  }
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
