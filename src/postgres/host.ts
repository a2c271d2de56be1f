/** One server of a connection URL. */
export interface Host {
  /** A name, an IP address without brackets, or, beginning with a slash, the folder of a Unix socket. */
  readonly host: string
  readonly port: number
}
