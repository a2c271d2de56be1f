/**
 * Limits concurrent look-ups by the system's resolver, which blocks threads. Each project has at most one look-up that
 * runs or waits for a thread, and these are served in order, so that a project with slow names delays only itself.
 */
import pLimit from 'p-limit'
import { makeKeyedLimit, type KeyedLimit } from '../../runtime/keyed-limit.ts'

/** Creates a limit of `concurrency` look-ups over all projects. The key is the project's id. */
export function makeResolverConcurrency(concurrency: number): KeyedLimit {
  const oneOfProject = makeKeyedLimit(1)
  const ofAllProjects = pLimit(concurrency)
  return (projectId, lookUp) => oneOfProject(projectId, () => ofAllProjects(lookUp))
}
