/**
 * Reads a chunked body as curl does, with bare line feeds, white space and extensions in the lines between the
 * chunks, and writes it again as RFC 9112 has it, for a parser that takes nothing else. Trailers are dropped.
 */

const LF = 10
const lastChunk = Buffer.from('0\r\n\r\n')
const noChunk = Buffer.from('!\r\n')
const maxLineBytes = 16 * 1024
/** Sizes, extensions and trailers of one body. */
const maxOverheadBytes = 1024 * 1024

export interface ChunkReader {
  /**
   * The same body in regular chunks. After its end, whatever follows is passed on as it is. Where the body cannot be
   * read any further, a line follows that no parser takes for a chunk.
   */
  read(bytes: Buffer): Buffer
  /** False once the body has been written in any other way than RFC 9112 has it. */
  isRegular(): boolean
}

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
