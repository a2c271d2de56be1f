/**
 * Reads a chunked body as leniently as curl does (bare line feeds, white space and extensions in the lines between the
 * chunks) and writes it in the form of RFC 9112, for a parser that accepts no other form. Trailers are dropped.
 */

const LF = 10
const lastChunk = Buffer.from('0\r\n\r\n')
const noChunk = Buffer.from('!\r\n')
const maxLineBytes = 16 * 1024
/** Limit on the size lines, extensions and trailers of one body together. */
const maxOverheadBytes = 1024 * 1024

/** Converts one body. */
export interface ChunkReader {
  /**
   * Returns the same data in regular chunks. Bytes after the end of the body are returned unchanged. If the body is
   * invalid, the output ends with a line that no parser accepts as a chunk.
   */
  read(bytes: Buffer): Buffer
  /** False once the received body has deviated from RFC 9112. */
  isRegular(): boolean
}

/** Creates a reader for one body. Lines are limited to 16 KiB, all lines of the body together to 1 MiB. */
export function makeChunkReader(): ChunkReader {
  let state: 'SIZE' | 'DATA' | 'DATA_END' | 'TRAILER' | 'END' | 'BROKEN' = 'SIZE'
  let line = ''
  let left = 0
  let overheadBytes = 0
  let isRegular = true

  function takeLine(): Buffer | null {
    if (!line.endsWith('\r')) isRegular = false
    const text = line.replace(/\r+$/, '')
    line = ''
    if (state === 'TRAILER') {
      if (text !== '') return null
      state = 'END'
      return lastChunk
    }
    if (state === 'DATA_END') {
      if (text !== '') return broken()
      state = 'SIZE'
      return null
    }
    const [, size] = /^[ \t]*([0-9a-f]{1,12})[ \t]*(?:;.*)?$/i.exec(text) ?? []
    if (size === undefined) return broken()
    if (!/^[0-9a-f]+(?:;|$)/i.test(text)) isRegular = false
    left = Number.parseInt(size, 16)
    state = left === 0 ? 'TRAILER' : 'DATA'
    return null
  }

  function broken(): Buffer {
    state = 'BROKEN'
    isRegular = false
    return noChunk
  }

  return {
    isRegular: () => isRegular,
    read(bytes) {
      const written: Buffer[] = []
      let at = 0
      while (at < bytes.length && state !== 'BROKEN') {
        if (state === 'END') {
          written.push(bytes.subarray(at))
          break
        }
        if (state === 'DATA') {
          const data = bytes.subarray(at, at + left)
          at += data.length
          left -= data.length
          if (left === 0) state = 'DATA_END'
          written.push(Buffer.from(`${data.length.toString(16)}\r\n`), data, Buffer.from('\r\n'))
          continue
        }
        const end = bytes.indexOf(LF, at)
        const next = end < 0 ? bytes.length : end + 1
        line += bytes.toString('latin1', at, end < 0 ? undefined : end)
        overheadBytes += next - at
        at = next
        const isTooLong = line.length > maxLineBytes || overheadBytes > maxOverheadBytes
        const last = isTooLong ? broken() : end < 0 ? null : takeLine()
        if (last !== null) written.push(last)
      }
      return Buffer.concat(written)
    },
  }
}
