/**
 * Keeps the documents that were parsed and found valid, by their text, because clients send the same few documents again
 * and again. A document is kept with its syntax tree; values of variables are not part of it.
 */
import { LRUCache } from 'lru-cache'
import type { DocumentNode } from 'graphql'

/** Maximum number of kept documents. Beyond it, the least recently used document is parsed and validated again. */
export const maxKeptDocuments = 1_000
/**
 * Maximum characters of all kept documents. The syntax tree of a document takes up to 200 bytes per character, so the
 * documents of all clients take at most some 50 MB.
 */
const maxKeptCharacters = 256 * 1024

export interface ValidDocuments {
  /** The valid document with this text; undefined when it is not kept. */
  get(source: string): DocumentNode | undefined
  /** Whether `keep` was called with this document. */
  isValid(document: DocumentNode): boolean
  /** Keeps a document that is valid. */
  keep(document: DocumentNode): void
}

export function makeValidDocuments(): ValidDocuments {
  const bySource = new LRUCache<string, DocumentNode>({
    max: maxKeptDocuments,
    maxSize: maxKeptCharacters,
    sizeCalculation: (_document, source) => source.length,
  })
  const valid = new WeakSet<DocumentNode>()
  return {
    get: (source) => bySource.get(source),
    isValid: (document) => valid.has(document),
    keep: (document) => {
      valid.add(document)
      if (document.loc !== undefined) bySource.set(document.loc.source.body, document)
    },
  }
}
