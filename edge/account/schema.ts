/**
 * What belongs to the account rather than to one queue (D13). Times are milliseconds since 1970; lists and settings
 * are JSON text, since nothing is looked up by what is inside them.
 */
import { sql } from 'drizzle-orm';
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import type { CustomNodeStatus } from '../../contract/graph/custom-node.ts';
import type { QueueLocation, QueueSettings } from '../../contract/queue/queue.ts';
import type { RateLimit, Scope } from '../../contract/store/key.ts';

export const queues = sqliteTable('queues', {
  queue_id: text('queue_id').primaryKey(),
  /** What was set; what was not has the default of contract/queue/queue.ts. */
  settings: text('settings', { mode: 'json' }).$type<Partial<QueueSettings>>().notNull(),
  /** Rises with every change, over the queue's deletion too: the object takes no older settings than it has. */
  version: integer('version').notNull().default(1),
  location: text('location').$type<QueueLocation>(),
  created_at: integer('created_at').notNull(),
  /** Its object is being emptied; the row goes when that is done. */
  deleted_at: integer('deleted_at'),
});

export const keys = sqliteTable('keys', {
  key_id: text('key_id').primaryKey(),
  /** sha256 of the whole key; the key itself is never stored. */
  hash: text('hash').notNull(),
  name: text('name').notNull(),
  scopes: text('scopes', { mode: 'json' }).$type<Scope[]>().notNull(),
  user_id: text('user_id').notNull(),
  /** The only queues that it opens; null opens all. */
  queue_ids: text('queue_ids', { mode: 'json' }).$type<string[]>(),
  created_at: integer('created_at').notNull(),
  expires_at: integer('expires_at'),
  revoked_at: integer('revoked_at'),
  lane: integer('lane').notNull().default(0),
  /** Instead of the deployment's; null has that. */
  rate_limit: text('rate_limit', { mode: 'json' }).$type<RateLimit>(),
  /** The key that it was rotated to. */
  replaced_by: text('replaced_by'),
  /** When the last of its sockets was closed, after it was revoked or expired. */
  closed_at: integer('closed_at'),
});

/** What admins changed, or tried to: written before the change, completed after it. */
export const auditEntries = sqliteTable(
  'audit_entries',
  {
    /** Ascends with time, so that pages stand still while rows are added. */
    audit_id: integer('audit_id').primaryKey({ autoIncrement: true }),
    at: integer('at').notNull(),
    key_id: text('key_id').notNull(),
    user_id: text('user_id').notNull(),
    operation_id: text('operation_id').notNull(),
    method: text('method').notNull(),
    path: text('path').notNull(),
    /** Null until it is known: the change was begun, and nobody saw its end. */
    status: integer('status'),
    request_id: text('request_id').notNull(),
    /** What was asked, shortened and without secrets; null where the request was not read. */
    asked: text('asked', { mode: 'json' }),
  },
  (table) => [index('audit_entries_by_time').on(table.at)],
);

/** Calls with an Idempotency-Key, and what they were answered. */
export const idempotentCalls = sqliteTable(
  'idempotent_calls',
  {
    idempotency_key: text('idempotency_key').primaryKey(),
    body_hash: text('body_hash').notNull(),
    /** Random, made with the row: with the caller's key it gives the key that the answer is encrypted with. */
    salt: text('salt').notNull(),
    /** Null while the call is running. Encrypted, since it may hold a secret that is shown once. */
    answer: text('answer'),
    /** When the run that is under way began; 0 when it broke and the next call is to take over. */
    started_at: integer('started_at').notNull(),
    expires_at: integer('expires_at').notNull(),
  },
  (table) => [index('idempotent_calls_by_expiry').on(table.expires_at)],
);

/**
 * Every object in the bucket is named by a row: of `assets`, `model_blobs` or `model_uploads`, or else of this table,
 * which says when it is removed: what is being written, and what was taken out of use. An object's key is never used
 * again, so that a removal, however late, takes nothing but what it was meant for.
 */
export const strayObjects = sqliteTable(
  'stray_objects',
  {
    object_key: text('object_key').primaryKey(),
    /** The bucket's name of an upload in parts that is given up with it. */
    bucket_upload_id: text('bucket_upload_id'),
    due_at: integer('due_at').notNull(),
    /** Set before the bytes are touched: from then on nothing takes the object into use. */
    removing: integer('removing', { mode: 'boolean' }).notNull().default(false),
  },
  (table) => [index('stray_objects_by_due').on(table.due_at)],
);

export const assets = sqliteTable(
  'assets',
  {
    sha256: text('sha256').primaryKey(),
    object_key: text('object_key').notNull(),
    content_type: text('content_type').notNull(),
    size: integer('size').notNull(),
    created_at: integer('created_at').notNull(),
    /** Since when nobody holds it; it is collected after a grace period. */
    unheld_at: integer('unheld_at'),
    /** Where its small image is, once a runner has made one, and what it is; all three are null before. */
    preview_key: text('preview_key'),
    preview_type: text('preview_type'),
    preview_size: integer('preview_size'),
  },
  (table) => [index('assets_unheld').on(table.unheld_at).where(sql`"unheld_at" IS NOT NULL`)],
);

/**
 * Why an asset is kept, and where to ask who may read it: a user uploaded it, or a queue's batches or items may refer
 * to it (the queue's object knows whether one does).
 */
export const assetGrants = sqliteTable(
  'asset_grants',
  {
    sha256: text('sha256').notNull(),
    holder_kind: text('holder_kind', { enum: ['user', 'queue'] }).notNull(),
    holder: text('holder').notNull(),
    created_at: integer('created_at').notNull(),
    /**
     * When a user's grant ends, or when a queue is asked whether it still refers to the asset. Every write moves it into
     * the future, and what a due grant calls for is done only while it still has the due time that was read: whatever
     * happened meanwhile wins.
     */
    due_at: integer('due_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.sha256, table.holder_kind, table.holder] }),
    index('asset_grants_due').on(table.due_at),
  ],
);

/** A version of a model: its key, and the hash of its manifest. */
export const models = sqliteTable(
  'models',
  {
    key: text('key').notNull(),
    hash: text('hash').notNull(),
    type: text('type').notNull(),
    base: text('base').notNull(),
    created_at: integer('created_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.key, table.hash] })],
);

export const modelFiles = sqliteTable(
  'model_files',
  {
    key: text('key').notNull(),
    hash: text('hash').notNull(),
    path: text('path').notNull(),
    sha256: text('sha256').notNull(),
    size: integer('size').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.key, table.hash, table.path] }),
    index('model_files_by_digest').on(table.sha256),
  ],
);

/** The files whose bytes are in the store, whichever models hold them. */
export const modelBlobs = sqliteTable('model_blobs', {
  sha256: text('sha256').primaryKey(),
  object_key: text('object_key').notNull(),
  stored_at: integer('stored_at').notNull(),
});

/** Uploads in parts that are under way: one for each file at most, so that a client finds the one it began. */
export const modelUploads = sqliteTable('model_uploads', {
  sha256: text('sha256').primaryKey(),
  upload_id: text('upload_id').notNull(),
  /** The bucket's own name of the upload. */
  bucket_upload_id: text('bucket_upload_id').notNull(),
  /** When it began, or its last part arrived. */
  active_at: integer('active_at').notNull(),
});

export const modelUploadParts = sqliteTable(
  'model_upload_parts',
  {
    upload_id: text('upload_id').notNull(),
    part_number: integer('part_number').notNull(),
    etag: text('etag').notNull(),
  },
  (table) => [primaryKey({ columns: [table.upload_id, table.part_number] })],
);

/** Definitions of nodes that runners bring along, and what was decided about each (contract/graph/custom-node.ts). */
export const customNodes = sqliteTable(
  'custom_nodes',
  {
    /** Ascends with time, so that pages stand still while rows are added. */
    node_no: integer('node_no').primaryKey({ autoIncrement: true }),
    type: text('type').notNull(),
    version: text('version').notNull(),
    /** sha256 of `definition`. */
    digest: text('digest').notNull(),
    /** JSON of a NodeType. */
    definition: text('definition').notNull(),
    status: text('status').$type<CustomNodeStatus>().notNull().default('pending'),
    announced_by: text('announced_by').notNull(),
    announced_by_key: text('announced_by_key').notNull(),
    runner: text('runner').notNull(),
    first_announced_at: integer('first_announced_at').notNull(),
    last_announced_at: integer('last_announced_at').notNull(),
    decided_at: integer('decided_at'),
    decided_by: text('decided_by'),
    /** When it was approved first. Graphs were pinned to it since: the row stays, and its version has no other definition. */
    approved_at: integer('approved_at'),
  },
  (table) => [
    uniqueIndex('custom_nodes_by_definition').on(table.type, table.version, table.digest),
    uniqueIndex('custom_nodes_approved').on(table.type, table.version).where(sql`"approved_at" IS NOT NULL`),
    index('custom_nodes_unapproved').on(table.announced_by).where(sql`"approved_at" IS NULL`),
  ],
);
