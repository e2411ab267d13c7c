/** The commands that give a queue work and follow it. */
import type { Command } from 'commander';
import { ends, gather, remote } from './define.ts';

export function defineWorkCommands(program: Command): void {
  remote(
    program
      .command('run')
      .description('run a graph or a batch from a file and write what it returns')
      .argument('<file>', 'JSON: a graph {nodes, edges}, or a batch {graph, data, …}')
      .option(
        '--set <assignment>',
        'node.field=value; a list a,b or a range 1..100 makes a batch; @photo.png or @folder uploads; node.field:=JSON (repeatable)',
        gather,
        [],
      )
      .option('--out <folder>', 'write the assets that the sessions return'),
  ).action(ends(async (file, options) => (await import('../verbs/run.ts')).run(file, options)));

  remote(program.command('watch').description('show the queue as it changes'), 'print each event as one line').action(
    ends(async (options) => (await import('../verbs/watch.ts')).watch(options)),
  );
}
