CREATE TABLE `asset_grants` (
	`sha256` text NOT NULL,
	`holder_kind` text NOT NULL,
	`holder` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`sha256`, `holder_kind`, `holder`)
);
--> statement-breakpoint
CREATE TABLE `assets` (
	`sha256` text PRIMARY KEY NOT NULL,
	`content_type` text NOT NULL,
	`size` integer NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `keys` (
	`key_id` text PRIMARY KEY NOT NULL,
	`hash` text NOT NULL,
	`name` text NOT NULL,
	`scopes` text NOT NULL,
	`user_id` text NOT NULL,
	`queue_ids` text,
	`created_at` integer NOT NULL,
	`expires_at` integer,
	`revoked_at` integer
);
--> statement-breakpoint
CREATE TABLE `model_blobs` (
	`sha256` text PRIMARY KEY NOT NULL,
	`stored_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `model_files` (
	`key` text NOT NULL,
	`hash` text NOT NULL,
	`path` text NOT NULL,
	`sha256` text NOT NULL,
	`size` integer NOT NULL,
	PRIMARY KEY(`key`, `hash`, `path`)
);
--> statement-breakpoint
CREATE INDEX `model_files_by_digest` ON `model_files` (`sha256`);--> statement-breakpoint
CREATE TABLE `model_upload_parts` (
	`upload_id` text NOT NULL,
	`part_number` integer NOT NULL,
	`etag` text NOT NULL,
	PRIMARY KEY(`upload_id`, `part_number`)
);
--> statement-breakpoint
CREATE TABLE `model_uploads` (
	`sha256` text PRIMARY KEY NOT NULL,
	`upload_id` text NOT NULL,
	`bucket_upload_id` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `models` (
	`key` text NOT NULL,
	`hash` text NOT NULL,
	`type` text NOT NULL,
	`base` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`key`, `hash`)
);
--> statement-breakpoint
CREATE TABLE `queues` (
	`queue_id` text PRIMARY KEY NOT NULL,
	`settings` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
INSERT INTO `queues` (`queue_id`, `settings`, `created_at`) VALUES ('default', '{}', unixepoch() * 1000);
