/**
 * Lets an unasked `100 Continue` pass like any other informational response. undici 7 closes the connection
 * at a 100 that it did not ask for; RFC 9110 section 15.2 has a client ignore it, and some servers send one
 * to every POST. So the status is turned into 103 in the bytes read, which undici skips.
 */
import type { Socket } from 'node:net'

const [CR, LF, digit0, digit1, digit3] = [13, 10, 0x30, 0x31, 0x33]
/** `HTTP/1.1 100`: where in a status line the three digits stand. */
const [firstDigit, lastDigit] = [9, 11]

/** Watches what is read from the socket. Call what it returns whenever a request is about to be written. */
export function passInformational(socket: Socket): () => void {
  const read = socket.read.bind(socket) as (size?: number) => Buffer | null
  let awaitsHead = false
  let position = 0 // in the status line; beyond it, only the end of the head is looked for
  let isHundred = false
  let lineLength = 0

  function scan(chunk: Buffer): void {
    for (let index = 0; index < chunk.length; index += 1) {
      const byte = chunk[index]
      if (position > lastDigit) {
        if (byte === LF) {
          if (lineLength === 0) position = 0 // the head has ended: another status line follows
          lineLength = 0
        } else if (byte !== CR) lineLength += 1
        continue
      }
      if (position === 0 && (byte === CR || byte === LF)) continue
      if (position === firstDigit && byte !== digit1) {
        awaitsHead = false // the final response
        return
      }
      if (position === firstDigit + 1) isHundred = byte === digit0
      if (position === lastDigit) {
        if (isHundred && byte === digit0) chunk[index] = digit3
        lineLength = 1
      }
      position += 1
    }
  }

  socket.read = (size?: number) => {
    const chunk = read(size)
    if (awaitsHead && chunk !== null) scan(chunk)
    return chunk
  }

  return () => {
    awaitsHead = true
    position = 0
    lineLength = 0
  }
}
