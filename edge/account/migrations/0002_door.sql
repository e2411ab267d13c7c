CREATE TABLE `audit_entries` (
	`audit_id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`at` integer NOT NULL,
	`key_id` text NOT NULL,
	`user_id` text NOT NULL,
	`operation_id` text NOT NULL,
	`method` text NOT NULL,
	`path` text NOT NULL,
	`status` integer,
	`request_id` text NOT NULL,
	`asked` text
);
--> statement-breakpoint
CREATE INDEX `audit_entries_by_time` ON `audit_entries` (`at`);--> statement-breakpoint
CREATE TABLE `idempotent_calls` (
	`idempotency_key` text PRIMARY KEY NOT NULL,
	`body_hash` text NOT NULL,
	`salt` text NOT NULL,
	`answer` text,
	`started_at` integer NOT NULL,
	`expires_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `idempotent_calls_by_expiry` ON `idempotent_calls` (`expires_at`);--> statement-breakpoint
ALTER TABLE `keys` ADD `lane` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `keys` ADD `rate_limit` text;--> statement-breakpoint
ALTER TABLE `keys` ADD `replaced_by` text;--> statement-breakpoint
ALTER TABLE `keys` ADD `closed_at` integer;