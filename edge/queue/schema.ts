/**
 * The tables of one queue's object. Drizzle gives the schema, the migrations and the row types; statements are
 * SQL text, because the hot ones move many rows at once (docs/decisions/0002).
 *
 * Size decides the shape: a pending item is one small row and one index entry, everything that the items of a
 * batch share stands in `batches`, and what only a few items have is NULL, which costs one byte.
 * Times are milliseconds since 1970. Large values have tables of their own: the platform stores no row over
 * 2,000,000 bytes. Tables that are read by their whole primary key are WITHOUT ROWID, which saves a row written;
 * drizzle cannot say it, so the migration was completed by hand and a test holds it.
 */
import { sql } from 'drizzle-orm';
import { check, index, integer, primaryKey, real, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import { STATUS_NAMES } from '../../contract/queue/status.ts';

export * from './schema-results.ts';

/** Where an item stands among those of its backlog and priority: an expression of an index, so written only here. */
export const PLACE = 'CASE WHEN "place" IS NULL THEN "item_id" ELSE "place" END';

const counter = (name: string) => integer(name).notNull().default(0);

/** One counter for each status, in the order of the status table. */
const counters = () => ({
  pending: counter('pending'),
  in_progress: counter('in_progress'),
  waiting: counter('waiting'),
  completed: counter('completed'),
  failed: counter('failed'),
  canceled: counter('canceled'),
});

/** One row: the queue itself. */
export const queue = sqliteTable('queue', {
  id: integer('id').primaryKey(),
  queue_id: text('queue_id').notNull(),
  settings: text('settings').notNull(),
  /** Of the settings, as the account numbers them: an older one never replaces a newer one. */
  settings_version: counter('settings_version'),
  /** Paused: no leases are granted, whatever waits. */
  paused: counter('paused'),
  /** The last event; the log's numbers have no gap up to here. */
  sequence: counter('sequence'),
  /** Item ids are never reused, whatever is deleted. */
  next_item_id: integer('next_item_id').notNull().default(1),
  /** When the alarm is due; if now is much later, the queue itself was away. */
  alarm_at: integer('alarm_at'),
  /** No run limit of an item ends before; NULL when none was set. Items have no index for it (sweep.ts). */
  run_check_at: integer('run_check_at'),
  /** The invocation cache: its entries, what it gave and did not give since it was cleared, and when that was. */
  cache_size: counter('cache_size'),
  cache_hits: counter('cache_hits'),
  cache_misses: counter('cache_misses'),
  cache_since: counter('cache_since'),
  /** When retention looks at finished rows again. */
  retention_at: integer('retention_at'),
  ...counters(),
  /** How many items ever arrived in each status, and how many were ever enqueued: for /metrics, never reset. */
  total_enqueued: counter('total_enqueued'),
  total_pending: counter('total_pending'),
  total_in_progress: counter('total_in_progress'),
  total_waiting: counter('total_waiting'),
  total_completed: counter('total_completed'),
  total_failed: counter('total_failed'),
  total_canceled: counter('total_canceled'),
  /** Seconds that devices worked, and that items waited for their first start. */
  total_device_seconds: real('total_device_seconds').notNull().default(0),
  total_wait_seconds: real('total_wait_seconds').notNull().default(0),
  total_waits: counter('total_waits'),
});

export const users = sqliteTable(
  'users',
  {
    user_id: text('user_id').primaryKey(),
    /** Device seconds received, charged at lease and corrected at the end: what fairness compares (D7). */
    service: real('service').notNull().default(0),
    /** 1 from when they have something claimable until no backlog of theirs is ready any more (ready.ts). */
    queued: counter('queued'),
    ...counters(),
  },
  (table) => [index('users_queued').on(table.service).where(sql`"queued" = 1`)],
);

/** The service that whoever was served last in a lane had received: where a user who returns starts (D7). */
export const lanes = sqliteTable('lanes', {
  lane: integer('lane').primaryKey(),
  virtual_time: real('virtual_time').notNull(),
});

/** What a runner must be able to run: the engine and the node types with versions, as canonical JSON. */
export const requirements = sqliteTable(
  'requirements',
  {
    requirement_no: integer('requirement_no').primaryKey(),
    body: text('body').notNull(),
  },
  (table) => [uniqueIndex('requirements_by_body').on(table.body)],
);

/**
 * The pending work of one user with one requirement, lane and times: what a claim chooses between. A time is a
 * property of the backlog so that a batch that may not run yet, or any more, costs a claim nothing.
 */
export const backlogs = sqliteTable(
  'backlogs',
  {
    backlog_no: integer('backlog_no').primaryKey(),
    requirement_no: integer('requirement_no').notNull(),
    user_id: text('user_id').notNull(),
    /** Higher lanes run first, whoever's they are; granted by the key that enqueued. */
    lane: counter('lane'),
    /** Not claimable before; 0 when that time has come, or was never set. */
    start_after: counter('start_after'),
    /** What is not final by then fails; NULL when there is none, or when it has passed and was carried out. */
    deadline: integer('deadline'),
    /** 1 while it has claimable items; sometimes a little longer (ready.ts). */
    ready: counter('ready'),
  },
  (table) => [
    index('backlogs_ready').on(table.lane, table.requirement_no).where(sql`"ready" = 1`),
    index('backlogs_ready_by_user').on(table.user_id, table.lane).where(sql`"ready" = 1`),
    // Whole, as every call may name a time of its own.
    index('backlogs_by_work').on(table.requirement_no, table.user_id, table.lane, table.start_after, table.deadline),
    index('backlogs_by_start').on(table.start_after).where(sql`"start_after" > 0`),
    index('backlogs_by_deadline').on(table.deadline).where(sql`"deadline" IS NOT NULL`),
  ],
);

/** A batch's items are `first_item_id` and those that follow; item `first_item_id + i` has index i. */
export const batches = sqliteTable(
  'batches',
  {
    batch_no: integer('batch_no').primaryKey(),
    batch_id: text('batch_id').notNull(),
    first_item_id: integer('first_item_id').notNull(),
    enqueued: integer('enqueued').notNull(),
    requested: integer('requested').notNull(),
    runs: integer('runs').notNull(),
    /** JSON: for each zip group {length, fields}; the values stand in `batch_values`. */
    groups: text('groups').notNull(),
    priority: integer('priority').notNull(),
    backlog_no: integer('backlog_no').notNull(),
    user_id: text('user_id').notNull(),
    origin: text('origin'),
    destination: text('destination'),
    created_at: integer('created_at').notNull(),
    start_after: integer('start_after'),
    deadline: integer('deadline'),
    max_run_seconds: real('max_run_seconds'),
    /** W3C trace context of the call that enqueued it. */
    traceparent: text('traceparent'),
    /** How many of its items ever completed, and their device seconds: the mean is what a lease is charged. */
    ran: counter('ran'),
    seconds: real('seconds').notNull().default(0),
    ...counters(),
  },
  (table) => [
    uniqueIndex('batches_by_id').on(table.batch_id),
    index('batches_by_destination').on(table.destination).where(sql`"destination" IS NOT NULL`),
    // Left when the last item is final: what cancels and measures open work never walks through the finished.
    index('batches_open').on(table.user_id).where(sql`"pending" + "in_progress" + "waiting" > 0`),
  ],
);

/** Assets that a batch's graph or values name: they are kept, and may be read, while the batch is there. */
export const batch_assets = sqliteTable(
  'batch_assets',
  { asset_name: text('asset_name').notNull(), batch_no: integer('batch_no').notNull() },
  (table) => [primaryKey({ columns: [table.asset_name, table.batch_no] })],
);

/** The pinned graph and the workflow of a batch, as JSON. */
export const batch_documents = sqliteTable(
  'batch_documents',
  {
    batch_no: integer('batch_no').notNull(),
    kind: text('kind', { enum: ['graph', 'workflow'] }).notNull(),
    body: text('body').notNull(),
  },
  (table) => [primaryKey({ columns: [table.batch_no, table.kind] })],
);

/** The values of a zip group in chunks: `body` is a JSON list of rows, the first of them at position `first`. */
export const batch_values = sqliteTable(
  'batch_values',
  {
    batch_no: integer('batch_no').notNull(),
    group_no: integer('group_no').notNull(),
    first: integer('first').notNull(),
    body: text('body').notNull(),
  },
  (table) => [primaryKey({ columns: [table.batch_no, table.group_no, table.first] })],
);

export const items = sqliteTable(
  'items',
  {
    item_id: integer('item_id').primaryKey(),
    batch_no: integer('batch_no').notNull(),
    backlog_no: integer('backlog_no').notNull(),
    status: text('status', { enum: STATUS_NAMES }).notNull(),
    priority: counter('priority'),
    /** Where it stands among equals when it was moved; its id when NULL. */
    place: real('place'),
    status_sequence: counter('status_sequence'),
    /** The number of its latest lease; a callback that quotes another one is stale. */
    fence: counter('fence'),
    /** Proves the latest lease; kept after it ended, so that a repeated callback is recognized. */
    token: text('token'),
    /** The runner that holds the lease now. */
    runner_no: integer('runner_no'),
    leased_at: integer('leased_at'),
    /** Device seconds that its user was charged for the lease, and those that were reported under it so far. */
    charge: real('charge'),
    seconds: real('seconds'),
    /** When this run of the session is over its limit. */
    run_until: integer('run_until'),
    starts: counter('starts'),
    /** Starts since the last newly recorded result; past the limit the item fails as RunnerLost. */
    charged: counter('charged'),
    /** Leases in a row that were lost with their runner before they started (docs/decisions/0013). */
    losses: counter('losses'),
    /** Recorded invocations, and the bytes of their results. */
    results: counter('results'),
    result_bytes: counter('result_bytes'),
    /** The invocation that its runner reported as started and has not ended. */
    running: text('running'),
    device: text('device'),
    updated_at: integer('updated_at'),
    started_at: integer('started_at'),
    completed_at: integer('completed_at'),
    /** JSON of an ItemError. */
    error: text('error'),
    /** Of a retry; otherwise it follows from the id. */
    batch_index: integer('batch_index'),
    /** 1: removed. The row stays, final and hidden, while the event log still speaks of it. */
    deleted: integer('deleted'),
  },
  (table) => [
    check('items_status', sql.raw(`"status" IN (${STATUS_NAMES.map((status) => `'${status}'`).join(', ')})`)),
    // In the order of claims, since the row id comes last in every index; an item leaves it when it is leased.
    index('items_claimable')
      .on(table.backlog_no, sql`"priority" DESC`, sql.raw(PLACE))
      .where(sql`"status" = 'pending' AND "runner_no" IS NULL`),
    index('items_leased').on(table.runner_no).where(sql`"runner_no" IS NOT NULL`),
    // Those that lie outside their batch's range of ids.
    index('items_retried').on(table.batch_no).where(sql`"batch_index" IS NOT NULL`),
  ],
);

/** What only retries and the children of workflow calls have (contract/queue/status.ts). */
export const item_links = sqliteTable(
  'item_links',
  {
    item_id: integer('item_id').primaryKey(),
    retried_from_item_id: integer('retried_from_item_id'),
    parent_item_id: integer('parent_item_id'),
    root_item_id: integer('root_item_id'),
    workflow_call_id: text('workflow_call_id'),
    workflow_call_depth: integer('workflow_call_depth'),
  },
  (table) => [
    index('item_links_by_parent').on(table.parent_item_id).where(sql`"parent_item_id" IS NOT NULL`),
    index('item_links_by_root').on(table.root_item_id).where(sql`"root_item_id" IS NOT NULL`),
  ],
);

/** Ranges of removed items whose rows go once the log has forgotten the event `sequence` that removed them. */
export const removals = sqliteTable('removals', {
  removal_no: integer('removal_no').primaryKey(),
  sequence: integer('sequence').notNull(),
  first_item_id: integer('first_item_id').notNull(),
  last_item_id: integer('last_item_id').notNull(),
});

/** Assets that nothing of this queue refers to any more: the account is told after the commit, and then the row goes. */
export const asset_releases = sqliteTable('asset_releases', { asset_name: text('asset_name').primaryKey() });

/** Answers of calls that named an Idempotency-Key; `key` is the digest of principal, route and header. */
export const idempotency = sqliteTable(
  'idempotency',
  {
    key: text('key').primaryKey(),
    body_hash: text('body_hash').notNull(),
    answer: text('answer').notNull(),
    created_at: integer('created_at').notNull(),
  },
  (table) => [index('idempotency_by_age').on(table.created_at)],
);

/** Single-use tickets that open one event stream, for clients that cannot send a header. By the digest of each. */
export const tickets = sqliteTable('tickets', {
  digest: text('digest').primaryKey(),
  /** JSON of the Principal that asked for it. */
  principal: text('principal').notNull(),
  expires_at: integer('expires_at').notNull(),
});

export const runners = sqliteTable(
  'runners',
  {
    runner_no: integer('runner_no').primaryKey(),
    runner_id: text('runner_id').notNull(),
    name: text('name').notNull(),
    /** The key it registered with: nobody else may speak for it. */
    key_id: text('key_id').notNull(),
    epoch: integer('epoch').notNull(),
    engine: integer('engine').notNull(),
    types: text('types').notNull(),
    devices: text('devices').notNull(),
    registered_at: integer('registered_at').notNull(),
    seen_at: integer('seen_at').notNull(),
    /** The silence that it was last told it may keep: a shorter one counts once it goes by it (heartbeat.ts). */
    timeout_ms: integer('timeout_ms').notNull(),
    /** Silent until here, it is lost; NULL once it is. */
    expires_at: integer('expires_at'),
    /** The last claim and its leases as JSON [[item_id, fence], …]: a repeated claim gets the same answer. */
    claim_no: counter('claim_no'),
    claim_leases: text('claim_leases').notNull().default('[]'),
    /** How many more items its last claim would have taken: what makes it worth waking. */
    wanting: counter('wanting'),
    draining: counter('draining'),
    /** Its socket is open, as far as is known: a wake to one without is lost. */
    connected: counter('connected'),
    /** When it was lost or drained. */
    ended_at: integer('ended_at'),
  },
  (table) => [
    uniqueIndex('runners_by_id').on(table.runner_id),
    index('runners_by_expiry').on(table.expires_at).where(sql`"expires_at" IS NOT NULL`),
  ],
);

/** The event log: one row for each transaction that announced something; `sequence` is its last event's number. */
export const log = sqliteTable('log', {
  sequence: integer('sequence').primaryKey(),
  count: integer('count').notNull(),
  at: integer('at').notNull(),
  /** UTF-16 units of all bodies ever, up to this one: the size of any stretch is a difference. Read without the body. */
  total_length: integer('total_length').notNull(),
  /** JSON of LogBody: compact facts, and the counters after the transaction. */
  body: text('body').notNull(),
});
