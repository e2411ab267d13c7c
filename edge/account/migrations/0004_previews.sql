ALTER TABLE `assets` ADD `preview_key` text;--> statement-breakpoint
ALTER TABLE `assets` ADD `preview_type` text;--> statement-breakpoint
ALTER TABLE `assets` ADD `preview_size` integer;