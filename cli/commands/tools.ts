/** The commands that help to use the others. */
import type { Command } from 'commander';

export function defineToolCommands(_program: Command): void {}
