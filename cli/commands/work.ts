/** The commands that give a queue work and follow it. */
import type { Command } from 'commander';
import { durationOf, itemId } from './arguments.ts';
import { addBatchOptions } from './batch-options.ts';
import { ends, example, remote } from './define.ts';

export function defineWorkCommands(program: Command): void {
  example(
    remote(
      addBatchOptions(
        program
          .command('run')
          .description('run a graph or a batch from a file and write what it returns')
          .argument('<file>', 'JSON: a graph {nodes, edges}, or a batch {graph, data, …}; - reads standard input'),
      )
        .option('--out <folder>', 'write the assets that the sessions return, as they come')
        .option(
          '--name <template>',
          'how files are named, such as {prompt}/{item}-{node}-{noise.seed}',
          '{item}-{node}',
        )
        .option('--timeout <duration>', 'cancel what has not ended after so long: 90s, 10m, 2h', durationOf)
        .option('--detach', 'do not follow it: print what was enqueued and leave'),
      'print the result as one line: {batch_id, completed, failed, canceled, seconds, items}',
    ),
    'switchyard run text-to-image.json --set prompt.prompt=@prompts.txt --set seed=1..100 --out images',
  ).action(ends(async (file, options) => (await import('../verbs/run.ts')).run(file, options)));

  example(
    remote(
      program
        .command('watch')
        .description('show the queue as it changes; q or Ctrl-C leaves')
        .option('--item <id>', 'of this item only', itemId)
        .option('--batch <id>', 'of this batch only'),
      'print each event as one line',
    ),
    'switchyard watch --batch my-batch',
  ).action(ends(async (options) => (await import('../verbs/watch.ts')).watch(options)));
}
