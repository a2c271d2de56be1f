/** Projects of the installation. */
import { shownOfProject } from '../shared/listed-columns.ts'
import { eq } from 'drizzle-orm'
import type { Project } from '../../domain/access/project.ts'
import type { Page, PageRequest } from '../../domain/lists/page.ts'
import type { Database } from '../connection/connect.ts'
import { betweenIds, newestFirst } from '../shared/filter-sql.ts'
import { rowsToRead, toPage } from '../shared/keyset-pages.ts'
import { projects } from '../schema/index.ts'

export async function insertProject(db: Database, project: Project, encryptedDataKey: string): Promise<void> {
  await db
    .insert(projects)
    .values({ ...project, arrivingMinutes: [...project.arrivingMinutes], encryptedDataKey })
}

export async function projectExists(db: Database, projectId: string): Promise<boolean> {
  const rows = await db.select({ id: projects.id }).from(projects).where(eq(projects.id, projectId))
  return rows.length > 0
}

export function allProjects(db: Database): Promise<readonly Project[]> {
  return db.select(shownOfProject).from(projects)
}

/** Newest first. */
export async function listProjects(db: Database, page: PageRequest<string>): Promise<Page<Project>> {
  const rows = await db
    .select(shownOfProject)
    .from(projects)
    .where(betweenIds(projects.id, page))
    .orderBy(newestFirst(projects.id, page))
    .limit(rowsToRead(page))
  return toPage(page, rows)
}
