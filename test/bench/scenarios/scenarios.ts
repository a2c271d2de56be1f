/** All scenarios, in the order in which they run. */
import type { Scenario } from '../frame/scenario.ts'
import { backlog } from './backlog.ts'
import { byHand } from './by-hand.ts'
import { endToEnd } from './end-to-end.ts'
import { fairness } from './fairness.ts'
import { feed } from './feed.ts'
import { front } from './front.ts'
import { hot } from './hot.ts'
import { ingest } from './ingest.ts'
import { latency } from './latency.ts'
import { log } from './log/log.ts'
import { mixed } from './mixed.ts'
import { wide } from './wide.ts'

export const scenarios: readonly Scenario[] = [
  ...[hot, wide, mixed, byHand],
  ...[front, ingest, endToEnd, latency],
  ...[feed, fairness, backlog, log],
]
