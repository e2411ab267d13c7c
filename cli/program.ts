/** The `switchyard` command with all of its verbs. Making it loads nothing of what they do. */
import { Command } from 'commander';
import { defineAccountCommands } from './commands/account.ts';
import { defineQueueCommands } from './commands/queue.ts';
import { defineStoreCommands } from './commands/store.ts';
import { defineSystemCommands } from './commands/system.ts';
import { defineToolCommands } from './commands/tools.ts';
import { defineWorkCommands } from './commands/work.ts';
import { EXIT_CODES_HELP } from './exit-code.ts';
import manifest from './package.json' with { type: 'json' };
import { errorColors } from './terminal.ts';

export function createProgram(): Command {
  const program = new Command('switchyard')
    .description('A serverless session queue for ONNX workflow graphs')
    .version(manifest.version, '--version', 'print the version')
    .configureOutput({ outputError: (text, write) => write(errorColors().red(text)) })
    .showHelpAfterError('Add --help to see what is possible.')
    .addHelpText('after', `\n${EXIT_CODES_HELP}`)
    .exitOverride();
  program.commandsGroup('On this machine:');
  defineSystemCommands(program);
  program.commandsGroup('Work:');
  defineWorkCommands(program);
  program.commandsGroup('The queue:');
  defineQueueCommands(program);
  program.commandsGroup('The account:');
  defineAccountCommands(program);
  program.commandsGroup('What is kept:');
  defineStoreCommands(program);
  program.commandsGroup('Tools:');
  defineToolCommands(program);
  return program;
}
