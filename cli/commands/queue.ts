/** The commands that look at a queue and its items, and change them. */
import type { Command } from 'commander';

export function defineQueueCommands(_program: Command): void {}
