/** The ceiling of dispatch: undici alone sends the same requests to the same receivers. */
import type { Ceiling } from '../frame/beside.ts'
import type { Bench } from '../frame/bench.ts'
import { cpuUs } from '../frame/processes.ts'
import type { Figures } from '../frame/scenario.ts'
import { rateByCpu } from '../frame/usage.ts'
import type { Peer } from '../peers/peer.ts'
import type { RawLoad } from '../peers/raw.ts'

const fullRequests = 20_000

/** Requests per second, and the CPU time of one in microseconds. */
export type PostCeiling = Ceiling<'perSecond' | 'clientUs' | 'receiverUs'>

/** Sends the requests once without measuring, so that the code is compiled, and returns the measurement. */
export async function openPostCeiling(bench: Bench, receiver: Peer): Promise<() => Promise<PostCeiling>> {
  const measure = (): Promise<PostCeiling> => measurePosts(bench, receiver)
  await measure()
  return measure
}

/** Figures of a rate of deliveries and of their costs beside the ceiling. */
export function postRatios(
  { perSecond, clientUs, receiverUs }: PostCeiling,
  deliveriesPerSecond: number,
  costs: Figures,
): Figures {
  const byCpu = costs['deliveries/s by CPU alone'] ?? NaN
  const serverUs = costs['CPU us per delivery, server'] ?? NaN
  return {
    'deliveries/s': deliveriesPerSecond,
    'ceiling, POSTs/s': perSecond,
    'deliveries / ceiling': deliveriesPerSecond / perSecond,
    'deliveries / ceiling, by CPU alone': byCpu / rateByCpu({ client: clientUs, receiver: receiverUs }),
    'deliveries / ceiling with one more core (c / S)': clientUs / serverUs,
    'CPU us per POST, undici alone (c)': clientUs,
  }
}

async function measurePosts(bench: Bench, receiver: Peer): Promise<PostCeiling> {
  const raw = await bench.peer('raw.ts')
  const requests = bench.count(fullRequests, 200)
  const load: RawLoad = { origins: receiver.greeting as string[], requests }
  const times = async () => [(await cpuUs(raw.pid)) ?? NaN, (await cpuUs(receiver.pid)) ?? NaN] as const
  const [client, received] = await times()
  const seconds = Number(await raw.ask(load))
  const [clientAfter, receivedAfter] = await times()
  return {
    perSecond: requests / seconds,
    clientUs: (clientAfter - client) / requests,
    receiverUs: (receivedAfter - received) / requests,
  }
}
