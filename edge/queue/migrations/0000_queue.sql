CREATE TABLE `asset_references` (
	`asset_name` text NOT NULL,
	`item_id` integer NOT NULL,
	PRIMARY KEY(`asset_name`, `item_id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `asset_releases` (
	`asset_name` text PRIMARY KEY NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `backlogs` (
	`backlog_no` integer PRIMARY KEY NOT NULL,
	`requirement_no` integer NOT NULL,
	`user_id` text NOT NULL,
	`lane` integer DEFAULT 0 NOT NULL,
	`start_after` integer DEFAULT 0 NOT NULL,
	`deadline` integer,
	`ready` integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE INDEX `backlogs_ready` ON `backlogs` (`lane`,`requirement_no`) WHERE "ready" = 1;--> statement-breakpoint
CREATE INDEX `backlogs_ready_by_user` ON `backlogs` (`user_id`,`lane`) WHERE "ready" = 1;--> statement-breakpoint
CREATE INDEX `backlogs_by_work` ON `backlogs` (`requirement_no`,`user_id`,`lane`,`start_after`,`deadline`);--> statement-breakpoint
CREATE INDEX `backlogs_by_start` ON `backlogs` (`start_after`) WHERE "start_after" > 0;--> statement-breakpoint
CREATE INDEX `backlogs_by_deadline` ON `backlogs` (`deadline`) WHERE "deadline" IS NOT NULL;--> statement-breakpoint
CREATE TABLE `batch_assets` (
	`asset_name` text NOT NULL,
	`batch_no` integer NOT NULL,
	PRIMARY KEY(`asset_name`, `batch_no`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `batch_documents` (
	`batch_no` integer NOT NULL,
	`kind` text NOT NULL,
	`body` text NOT NULL,
	PRIMARY KEY(`batch_no`, `kind`)
);
--> statement-breakpoint
CREATE TABLE `batch_values` (
	`batch_no` integer NOT NULL,
	`group_no` integer NOT NULL,
	`first` integer NOT NULL,
	`body` text NOT NULL,
	PRIMARY KEY(`batch_no`, `group_no`, `first`)
);
--> statement-breakpoint
CREATE TABLE `batches` (
	`batch_no` integer PRIMARY KEY NOT NULL,
	`batch_id` text NOT NULL,
	`first_item_id` integer NOT NULL,
	`enqueued` integer NOT NULL,
	`requested` integer NOT NULL,
	`runs` integer NOT NULL,
	`groups` text NOT NULL,
	`priority` integer NOT NULL,
	`backlog_no` integer NOT NULL,
	`user_id` text NOT NULL,
	`origin` text,
	`destination` text,
	`created_at` integer NOT NULL,
	`start_after` integer,
	`deadline` integer,
	`max_run_seconds` real,
	`traceparent` text,
	`ran` integer DEFAULT 0 NOT NULL,
	`seconds` real DEFAULT 0 NOT NULL,
	`pending` integer DEFAULT 0 NOT NULL,
	`in_progress` integer DEFAULT 0 NOT NULL,
	`waiting` integer DEFAULT 0 NOT NULL,
	`completed` integer DEFAULT 0 NOT NULL,
	`failed` integer DEFAULT 0 NOT NULL,
	`canceled` integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `batches_by_id` ON `batches` (`batch_id`);--> statement-breakpoint
CREATE INDEX `batches_by_destination` ON `batches` (`destination`) WHERE "destination" IS NOT NULL;--> statement-breakpoint
CREATE INDEX `batches_open` ON `batches` (`user_id`) WHERE "pending" + "in_progress" + "waiting" > 0;--> statement-breakpoint
CREATE TABLE `cache_entries` (
	`scope` text NOT NULL,
	`node_type` text NOT NULL,
	`cache_key` text NOT NULL,
	`item_id` integer NOT NULL,
	`invocation_id` text NOT NULL,
	`used_at` integer NOT NULL,
	PRIMARY KEY(`scope`, `node_type`, `cache_key`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `idempotency` (
	`key` text PRIMARY KEY NOT NULL,
	`body_hash` text NOT NULL,
	`answer` text NOT NULL,
	`created_at` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `idempotency_by_age` ON `idempotency` (`created_at`);--> statement-breakpoint
CREATE TABLE `invocations` (
	`item_id` integer NOT NULL,
	`invocation_id` text NOT NULL,
	`ordinal` integer NOT NULL,
	`result` text,
	`error` text,
	`started_at` integer NOT NULL,
	`completed_at` integer NOT NULL,
	`seconds` real NOT NULL,
	`fence` integer NOT NULL,
	`runner_no` integer NOT NULL,
	`device` text,
	`cached` integer NOT NULL,
	PRIMARY KEY(`item_id`, `invocation_id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `item_links` (
	`item_id` integer PRIMARY KEY NOT NULL,
	`retried_from_item_id` integer,
	`parent_item_id` integer,
	`root_item_id` integer,
	`workflow_call_id` text,
	`workflow_call_depth` integer
);
--> statement-breakpoint
CREATE INDEX `item_links_by_parent` ON `item_links` (`parent_item_id`) WHERE "parent_item_id" IS NOT NULL;--> statement-breakpoint
CREATE INDEX `item_links_by_root` ON `item_links` (`root_item_id`) WHERE "root_item_id" IS NOT NULL;--> statement-breakpoint
CREATE TABLE `items` (
	`item_id` integer PRIMARY KEY NOT NULL,
	`batch_no` integer NOT NULL,
	`backlog_no` integer NOT NULL,
	`status` text NOT NULL,
	`priority` integer DEFAULT 0 NOT NULL,
	`place` real,
	`status_sequence` integer DEFAULT 0 NOT NULL,
	`fence` integer DEFAULT 0 NOT NULL,
	`token` text,
	`runner_no` integer,
	`leased_at` integer,
	`charge` real,
	`seconds` real,
	`run_until` integer,
	`starts` integer DEFAULT 0 NOT NULL,
	`charged` integer DEFAULT 0 NOT NULL,
	`losses` integer DEFAULT 0 NOT NULL,
	`results` integer DEFAULT 0 NOT NULL,
	`result_bytes` integer DEFAULT 0 NOT NULL,
	`running` text,
	`device` text,
	`updated_at` integer,
	`started_at` integer,
	`completed_at` integer,
	`error` text,
	`batch_index` integer,
	`deleted` integer,
	CONSTRAINT "items_status" CHECK("status" IN ('pending', 'in_progress', 'waiting', 'completed', 'failed', 'canceled'))
);
--> statement-breakpoint
CREATE INDEX `items_claimable` ON `items` (`backlog_no`,"priority" DESC,CASE WHEN "place" IS NULL THEN "item_id" ELSE "place" END) WHERE "status" = 'pending' AND "runner_no" IS NULL;--> statement-breakpoint
CREATE INDEX `items_leased` ON `items` (`runner_no`) WHERE "runner_no" IS NOT NULL;--> statement-breakpoint
CREATE INDEX `items_retried` ON `items` (`batch_no`) WHERE "batch_index" IS NOT NULL;--> statement-breakpoint
CREATE TABLE `lanes` (
	`lane` integer PRIMARY KEY NOT NULL,
	`virtual_time` real NOT NULL
);
--> statement-breakpoint
CREATE TABLE `log` (
	`sequence` integer PRIMARY KEY NOT NULL,
	`count` integer NOT NULL,
	`at` integer NOT NULL,
	`total_length` integer NOT NULL,
	`body` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `queue` (
	`id` integer PRIMARY KEY NOT NULL,
	`queue_id` text NOT NULL,
	`settings` text NOT NULL,
	`settings_version` integer DEFAULT 0 NOT NULL,
	`paused` integer DEFAULT 0 NOT NULL,
	`sequence` integer DEFAULT 0 NOT NULL,
	`next_item_id` integer DEFAULT 1 NOT NULL,
	`alarm_at` integer,
	`run_check_at` integer,
	`cache_size` integer DEFAULT 0 NOT NULL,
	`cache_hits` integer DEFAULT 0 NOT NULL,
	`cache_misses` integer DEFAULT 0 NOT NULL,
	`cache_since` integer DEFAULT 0 NOT NULL,
	`retention_at` integer,
	`pending` integer DEFAULT 0 NOT NULL,
	`in_progress` integer DEFAULT 0 NOT NULL,
	`waiting` integer DEFAULT 0 NOT NULL,
	`completed` integer DEFAULT 0 NOT NULL,
	`failed` integer DEFAULT 0 NOT NULL,
	`canceled` integer DEFAULT 0 NOT NULL,
	`total_enqueued` integer DEFAULT 0 NOT NULL,
	`total_pending` integer DEFAULT 0 NOT NULL,
	`total_in_progress` integer DEFAULT 0 NOT NULL,
	`total_waiting` integer DEFAULT 0 NOT NULL,
	`total_completed` integer DEFAULT 0 NOT NULL,
	`total_failed` integer DEFAULT 0 NOT NULL,
	`total_canceled` integer DEFAULT 0 NOT NULL,
	`total_device_seconds` real DEFAULT 0 NOT NULL,
	`total_wait_seconds` real DEFAULT 0 NOT NULL,
	`total_waits` integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE `removals` (
	`removal_no` integer PRIMARY KEY NOT NULL,
	`sequence` integer NOT NULL,
	`first_item_id` integer NOT NULL,
	`last_item_id` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `requirements` (
	`requirement_no` integer PRIMARY KEY NOT NULL,
	`body` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `requirements_by_body` ON `requirements` (`body`);--> statement-breakpoint
CREATE TABLE `run_reports` (
	`item_id` integer NOT NULL,
	`fence` integer NOT NULL,
	`runner_no` integer NOT NULL,
	`device` text,
	`started_at` integer,
	`reported_at` integer NOT NULL,
	`stats` text,
	`log` text,
	PRIMARY KEY(`item_id`, `fence`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `runners` (
	`runner_no` integer PRIMARY KEY NOT NULL,
	`runner_id` text NOT NULL,
	`name` text NOT NULL,
	`key_id` text NOT NULL,
	`epoch` integer NOT NULL,
	`engine` integer NOT NULL,
	`types` text NOT NULL,
	`devices` text NOT NULL,
	`registered_at` integer NOT NULL,
	`seen_at` integer NOT NULL,
	`timeout_ms` integer NOT NULL,
	`expires_at` integer,
	`claim_no` integer DEFAULT 0 NOT NULL,
	`claim_leases` text DEFAULT '[]' NOT NULL,
	`wanting` integer DEFAULT 0 NOT NULL,
	`draining` integer DEFAULT 0 NOT NULL,
	`connected` integer DEFAULT 0 NOT NULL,
	`ended_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `runners_by_id` ON `runners` (`runner_id`);--> statement-breakpoint
CREATE INDEX `runners_by_expiry` ON `runners` (`expires_at`) WHERE "expires_at" IS NOT NULL;--> statement-breakpoint
CREATE TABLE `tickets` (
	`digest` text PRIMARY KEY NOT NULL,
	`principal` text NOT NULL,
	`expires_at` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `users` (
	`user_id` text PRIMARY KEY NOT NULL,
	`service` real DEFAULT 0 NOT NULL,
	`queued` integer DEFAULT 0 NOT NULL,
	`pending` integer DEFAULT 0 NOT NULL,
	`in_progress` integer DEFAULT 0 NOT NULL,
	`waiting` integer DEFAULT 0 NOT NULL,
	`completed` integer DEFAULT 0 NOT NULL,
	`failed` integer DEFAULT 0 NOT NULL,
	`canceled` integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE INDEX `users_queued` ON `users` (`service`) WHERE "queued" = 1;