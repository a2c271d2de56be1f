/**
 * Changes to objects of libraries that offer no other way. Each change names what it relies on, and
 * `test/unit/runtime/third-party-patches.test.ts` fails when a library no longer works that way.
 */

/** A stream whose consumer reads it by `read` after the event `readable`. */
interface ReadableSocket {
  read(size?: number): Buffer | null
}

/**
 * Replaces `socket.read`, so that the consumer of the socket reads what `pass` returns for each received chunk.
 * Relies on undici's HTTP/1 client, which reads a socket only by calling `read()` after the event `readable`. A stream
 * around the socket would copy every byte of every response, and undici would not see the socket's state.
 */
export function filterReads(socket: ReadableSocket, pass: (chunk: Buffer) => Buffer): void {
  const read = socket.read.bind(socket)
  socket.read = (size?: number) => {
    if (size === 0) return read(0) // Node itself calls read(0) to make a stream continue
    // After null, undici waits for the next `readable` event. So null is returned only when nothing is left to read.
    for (let chunk = read(); chunk !== null; chunk = read()) {
      const passed = pass(chunk)
      if (passed.length > 0) return passed
    }
    return null
  }
}
