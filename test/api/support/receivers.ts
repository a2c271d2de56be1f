/** Receivers of a test file, which closes all of them at its end. */
import { startReceiver, type Receiver, type Script } from '../../support/receiver.ts'

const receivers: Receiver[] = []

/** Starts a receiver that gives these answers, or 200 without any. */
export async function openReceiver(...answers: readonly Script[]): Promise<Receiver> {
  const receiver = await startReceiver()
  receivers.push(receiver)
  if (answers.length > 0) receiver.script(...answers)
  return receiver
}

export async function closeReceivers(): Promise<void> {
  await Promise.all(receivers.splice(0).map((receiver) => receiver.close()))
}
