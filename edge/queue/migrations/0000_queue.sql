CREATE TABLE `asset_references` (
	`asset_name` text NOT NULL,
	`item_id` integer NOT NULL,
	PRIMARY KEY(`asset_name`, `item_id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `backlogs` (
	`backlog_no` integer PRIMARY KEY NOT NULL,
	`requirement_no` integer NOT NULL,
	`user_id` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `backlogs_by_requirement` ON `backlogs` (`requirement_no`,`user_id`);--> statement-breakpoint
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
	`pending` integer DEFAULT 0 NOT NULL,
	`in_progress` integer DEFAULT 0 NOT NULL,
	`waiting` integer DEFAULT 0 NOT NULL,
	`completed` integer DEFAULT 0 NOT NULL,
	`failed` integer DEFAULT 0 NOT NULL,
	`canceled` integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `batches_by_id` ON `batches` (`batch_id`);--> statement-breakpoint
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
CREATE TABLE `items` (
	`item_id` integer PRIMARY KEY NOT NULL,
	`batch_no` integer NOT NULL,
	`backlog_no` integer NOT NULL,
	`status` text NOT NULL,
	`priority` integer DEFAULT 0 NOT NULL,
	`status_sequence` integer DEFAULT 0 NOT NULL,
	`fence` integer DEFAULT 0 NOT NULL,
	`token` text,
	`runner_no` integer,
	`starts` integer DEFAULT 0 NOT NULL,
	`charged` integer DEFAULT 0 NOT NULL,
	`results` integer DEFAULT 0 NOT NULL,
	`result_bytes` integer DEFAULT 0 NOT NULL,
	`running` text,
	`device` text,
	`updated_at` integer,
	`started_at` integer,
	`completed_at` integer,
	`error` text,
	`batch_index` integer,
	`retried_from_item_id` integer,
	`parent_item_id` integer,
	`root_item_id` integer,
	`workflow_call` text,
	CONSTRAINT "items_status" CHECK("status" IN ('pending', 'in_progress', 'waiting', 'completed', 'failed', 'canceled'))
);
--> statement-breakpoint
CREATE INDEX `items_claimable` ON `items` (`backlog_no`,"priority" DESC) WHERE "status" = 'pending' AND "runner_no" IS NULL;--> statement-breakpoint
CREATE INDEX `items_leased` ON `items` (`runner_no`) WHERE "runner_no" IS NOT NULL;--> statement-breakpoint
CREATE TABLE `log` (
	`sequence` integer PRIMARY KEY NOT NULL,
	`count` integer NOT NULL,
	`at` integer NOT NULL,
	`body` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `queue` (
	`id` integer PRIMARY KEY NOT NULL,
	`queue_id` text NOT NULL,
	`settings` text NOT NULL,
	`sequence` integer DEFAULT 0 NOT NULL,
	`next_item_id` integer DEFAULT 1 NOT NULL,
	`alarm_at` integer,
	`pending` integer DEFAULT 0 NOT NULL,
	`in_progress` integer DEFAULT 0 NOT NULL,
	`waiting` integer DEFAULT 0 NOT NULL,
	`completed` integer DEFAULT 0 NOT NULL,
	`failed` integer DEFAULT 0 NOT NULL,
	`canceled` integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE `requirements` (
	`requirement_no` integer PRIMARY KEY NOT NULL,
	`body` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `requirements_by_body` ON `requirements` (`body`);--> statement-breakpoint
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
	`expires_at` integer,
	`claim_no` integer DEFAULT 0 NOT NULL,
	`claim_leases` text DEFAULT '[]' NOT NULL,
	`wanting` integer DEFAULT 0 NOT NULL,
	`draining` integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `runners_by_id` ON `runners` (`runner_id`);--> statement-breakpoint
CREATE INDEX `runners_by_expiry` ON `runners` (`expires_at`) WHERE "expires_at" IS NOT NULL;--> statement-breakpoint
CREATE TABLE `users` (
	`user_id` text PRIMARY KEY NOT NULL,
	`pending` integer DEFAULT 0 NOT NULL,
	`in_progress` integer DEFAULT 0 NOT NULL,
	`waiting` integer DEFAULT 0 NOT NULL,
	`completed` integer DEFAULT 0 NOT NULL,
	`failed` integer DEFAULT 0 NOT NULL,
	`canceled` integer DEFAULT 0 NOT NULL
);
