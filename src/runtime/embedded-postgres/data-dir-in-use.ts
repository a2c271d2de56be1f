/** Another running process owns the data folder. The message is one line, to be shown to the operator. */
export class DataDirInUse extends Error {
  override readonly name = 'DataDirInUse'
  readonly dataDir: string
  readonly pid: number

  constructor(dataDir: string, pid: number, what: string) {
    super(
      `DATA_DIR ${dataDir} is in use by ${what} (pid ${pid}): stop that one, or choose another DATA_DIR for this one.`,
    )
    this.dataDir = dataDir
    this.pid = pid
  }
}
