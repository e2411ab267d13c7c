/**
 * What sessions leave behind: recorded invocations, what refers to them, and reports of runs. Part of schema.ts, whose
 * words on size hold here too.
 */
import { integer, primaryKey, real, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** One row for each recorded invocation. `ordinal` is the order of completion in its item. */
export const invocations = sqliteTable(
  'invocations',
  {
    item_id: integer('item_id').notNull(),
    invocation_id: text('invocation_id').notNull(),
    ordinal: integer('ordinal').notNull(),
    /** JSON of the NodeOutput, or NULL when it failed. */
    result: text('result'),
    /** JSON of the ItemError, or NULL when it ended well. */
    error: text('error'),
    started_at: integer('started_at').notNull(),
    completed_at: integer('completed_at').notNull(),
    seconds: real('seconds').notNull(),
    fence: integer('fence').notNull(),
    runner_no: integer('runner_no').notNull(),
    device: text('device'),
    cached: integer('cached').notNull(),
  },
  (table) => [primaryKey({ columns: [table.item_id, table.invocation_id] })],
);

/**
 * Recorded results that other sessions may take (docs/decisions/0020): the row says only where one stands, and is good
 * while its item is there. The type comes before the key, so that a claim learns by one look which types are worth more.
 */
export const cache_entries = sqliteTable(
  'cache_entries',
  {
    /** Whose sessions may take it: a user's, or everybody's. */
    scope: text('scope').notNull(),
    node_type: text('node_type').notNull(),
    /** The derivation key of its node (graph/cache). */
    cache_key: text('cache_key').notNull(),
    item_id: integer('item_id').notNull(),
    invocation_id: text('invocation_id').notNull(),
    /** When it was last recorded or taken, to a minute: those of longest ago go first. */
    used_at: integer('used_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.scope, table.node_type, table.cache_key] })],
);

/** What a runner reported of a run beside its results; the lease names the run (run-reports.ts). */
export const run_reports = sqliteTable(
  'run_reports',
  {
    item_id: integer('item_id').notNull(),
    fence: integer('fence').notNull(),
    runner_no: integer('runner_no').notNull(),
    device: text('device'),
    /** NULL where the item's row did not know any more. */
    started_at: integer('started_at'),
    reported_at: integer('reported_at').notNull(),
    /** SessionStats as packed-stats.ts writes them, or NULL when the device died. */
    stats: text('stats'),
    /** JSON of the lines and of how many were dropped, or NULL when there were none. */
    log: text('log'),
  },
  (table) => [primaryKey({ columns: [table.item_id, table.fence] })],
);

/** Which items refer to an asset: who may see the item may read the asset. */
export const asset_references = sqliteTable(
  'asset_references',
  { asset_name: text('asset_name').notNull(), item_id: integer('item_id').notNull() },
  (table) => [primaryKey({ columns: [table.asset_name, table.item_id] })],
);
