/**
 * In the published command, in place of commands/system.ts: what runs parts of the system needs the repository, and
 * whoever asks for it here is told so.
 */
import type { Command } from 'commander';
import { UsageError } from '../exit-code.ts';

const START = { up: 'npm start', demo: 'npm run demo', runner: 'npx switchyard runner' };

export function defineSystemCommands(program: Command): void {
  for (const [name, start] of Object.entries(START))
    program
      .command(name, { hidden: true })
      .helpOption(false)
      .allowUnknownOption()
      .allowExcessArguments()
      .action(() => {
        throw new UsageError(
          `\`switchyard ${name}\` runs parts of the system, which this command is without: in a checkout of the Switchyard repository, \`${start}\` does it.`,
        );
      });
}
