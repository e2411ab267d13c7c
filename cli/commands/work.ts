/** The commands that give a queue work and follow it. */
import type { Command } from 'commander';
import { durationOf, itemId } from './arguments.ts';
import { addBatchOptions } from './batch-options.ts';
import { ends, remote } from './define.ts';

const RUN_EXAMPLE = `
Example: every prompt of a file with each of a hundred seeds, into a folder for each prompt
  switchyard run text-to-image.json --set prompt.prompt=@prompts.txt --set seed=1..100 --name "{prompt.prompt}/{seed}" --out images`;

const WATCH_EXAMPLE = `
Example: what becomes of one batch
  switchyard watch --batch 0193b3a5`;

export function defineWorkCommands(program: Command): void {
  remote(
    addBatchOptions(
      program
        .command('run')
        .description('run a graph or a batch from a file and write what it returns')
        .argument('<file>', 'JSON: a graph {nodes, edges}, or a batch {graph, data, …}; - reads standard input'),
    )
      .option('--out <folder>', 'write the assets that the sessions return, as they come')
      .option('--name <template>', 'how files are named, such as {prompt}/{item}-{node}-{noise.seed}', '{item}-{node}')
      .option('--timeout <duration>', 'cancel what has not ended after so long: 90s, 10m, 2h', durationOf)
      .option('--detach', 'do not follow it: print what was enqueued and leave')
      .addHelpText('after', RUN_EXAMPLE),
    'print the result as one line: {batch_id, completed, failed, canceled, seconds, items}',
  ).action(ends(async (file, options) => (await import('../verbs/run.ts')).run(file, options)));

  remote(
    program
      .command('watch')
      .description('show the queue as it changes; q or Ctrl-C leaves')
      .option('--item <id>', 'of this item only', itemId)
      .option('--batch <id>', 'of this batch only')
      .addHelpText('after', WATCH_EXAMPLE),
    'print each event as one line',
  ).action(ends(async (options) => (await import('../verbs/watch.ts')).watch(options)));
}
