/** One server of a connection URL. */
export interface Host {
  /** A name, an IP address without brackets, or the directory of a Unix socket, which begins with a slash. */
  readonly host: string
  readonly port: number
}
