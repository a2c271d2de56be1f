/**
 * The columns that lists read from tables with large columns: the sizes in bytes of the large columns, not their
 * values.
 */
import { sql, type Column, type SQL } from 'drizzle-orm'
import { auditLog, events, projects, topics } from '../schema/index.ts'

export const listedEvent = {
  id: events.id,
  topic: events.topic,
  orderId: events.orderId,
  sequence: events.sequence,
  createdAt: events.createdAt,
  // PostgreSQL returns the length of a text without reading the text.
  dataBytes: sql<number>`octet_length(${events.data})`.as('data_bytes'),
}

export const listedEntry = {
  id: auditLog.id,
  at: auditLog.at,
  keyId: auditLog.keyId,
  operation: auditLog.operation,
  objectId: auditLog.objectId,
  beforeBytes: jsonBytes(auditLog.before),
  afterBytes: jsonBytes(auditLog.after),
}

export const listedTopic = {
  name: topics.name,
  description: topics.description,
  createdAt: topics.createdAt,
  schemaBytes: sql<number>`octet_length(${topics.schema})`,
  exampleBytes: sql<number>`octet_length(${topics.example})`,
}

function jsonBytes(column: Column): SQL<number> {
  return sql<number>`coalesce(octet_length(${column}::text), 0)`
}

/** The columns of a Project. The encrypted data key is not among them. */
export const shownOfProject = {
  id: projects.id,
  name: projects.name,
  arrivingMinutes: projects.arrivingMinutes,
  createdAt: projects.createdAt,
}
