ALTER TABLE `model_uploads` RENAME COLUMN "created_at" TO "active_at";--> statement-breakpoint
CREATE TABLE `stray_objects` (
	`object_key` text PRIMARY KEY NOT NULL,
	`bucket_upload_id` text,
	`due_at` integer NOT NULL,
	`removing` integer DEFAULT false NOT NULL
);
--> statement-breakpoint
CREATE INDEX `stray_objects_by_due` ON `stray_objects` (`due_at`);--> statement-breakpoint
ALTER TABLE `asset_grants` ADD `due_at` integer NOT NULL DEFAULT 0;--> statement-breakpoint
CREATE INDEX `asset_grants_due` ON `asset_grants` (`due_at`);--> statement-breakpoint
ALTER TABLE `assets` ADD `object_key` text NOT NULL DEFAULT '';--> statement-breakpoint
ALTER TABLE `assets` ADD `unheld_at` integer;--> statement-breakpoint
CREATE INDEX `assets_unheld` ON `assets` (`unheld_at`) WHERE "unheld_at" IS NOT NULL;--> statement-breakpoint
ALTER TABLE `model_blobs` ADD `object_key` text NOT NULL DEFAULT '';--> statement-breakpoint
-- What is stored keeps the name that it has in the bucket; every grant is looked at from now on.
UPDATE `assets` SET `object_key` = 'assets/' || `sha256`;--> statement-breakpoint
UPDATE `model_blobs` SET `object_key` = 'models/' || `sha256`;--> statement-breakpoint
UPDATE `asset_grants` SET `due_at` = unixepoch() * 1000 + CASE `holder_kind` WHEN 'user' THEN 30 ELSE 1 END * 86400000;
