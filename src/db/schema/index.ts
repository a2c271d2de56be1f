/**
 * All tables, as drizzle defines them. Enumerations come from `domain`. The migrations in `drizzle/` are generated from
 * these files. What drizzle cannot express (partitions, functions, fillfactor, and row-level security, which every table
 * has) is added to the migrations by hand and noted here.
 */
export * from './access.ts'
export * from './attempts.ts'
export * from './bulk-retries.ts'
export * from './deliveries.ts'
export * from './feed.ts'
export * from './orders.ts'
export * from './search.ts'
export * from './webhooks.ts'
