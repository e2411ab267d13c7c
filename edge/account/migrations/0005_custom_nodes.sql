CREATE TABLE `custom_nodes` (
	`node_no` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`type` text NOT NULL,
	`version` text NOT NULL,
	`digest` text NOT NULL,
	`definition` text NOT NULL,
	`status` text DEFAULT 'pending' NOT NULL,
	`announced_by` text NOT NULL,
	`announced_by_key` text NOT NULL,
	`runner` text NOT NULL,
	`first_announced_at` integer NOT NULL,
	`last_announced_at` integer NOT NULL,
	`decided_at` integer,
	`decided_by` text,
	`approved_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `custom_nodes_by_definition` ON `custom_nodes` (`type`,`version`,`digest`);--> statement-breakpoint
CREATE UNIQUE INDEX `custom_nodes_approved` ON `custom_nodes` (`type`,`version`) WHERE "approved_at" IS NOT NULL;--> statement-breakpoint
CREATE INDEX `custom_nodes_unapproved` ON `custom_nodes` (`announced_by`) WHERE "approved_at" IS NULL;