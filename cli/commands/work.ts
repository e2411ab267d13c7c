/** The commands that give a queue work and follow it. */
import type { Command } from 'commander';
import { addBatchOptions } from './batch-options.ts';
import { ends, remote } from './define.ts';

export function defineWorkCommands(program: Command): void {
  remote(
    addBatchOptions(
      program
        .command('run')
        .description('run a graph or a batch from a file and write what it returns')
        .argument('<file>', 'JSON: a graph {nodes, edges}, or a batch {graph, data, …}; - reads standard input'),
    ).option('--out <folder>', 'write the assets that the sessions return'),
  ).action(ends(async (file, options) => (await import('../verbs/run.ts')).run(file, options)));

  remote(program.command('watch').description('show the queue as it changes'), 'print each event as one line').action(
    ends(async (options) => (await import('../verbs/watch.ts')).watch(options)),
  );
}
