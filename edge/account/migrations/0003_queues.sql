ALTER TABLE `queues` ADD `version` integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE `queues` ADD `location` text;--> statement-breakpoint
ALTER TABLE `queues` ADD `deleted_at` integer;