/** The commands that look at a queue and its items, and change them. */
import { type Command, Option } from 'commander';
import { STATUS_NAMES } from '../../contract/queue/status.ts';
import { durationOf, itemId, itemIds } from './arguments.ts';
import { addBatchOptions } from './batch-options.ts';
import { ends, example, remote, wholeNumber } from './define.ts';

const LIST_LIMIT = 25;
const LIST_LIMIT_MAX = 1_000_000;
const PRIORITY_MAX = 1_000_000;

const ITEM = 'id of the item';

export function defineQueueCommands(program: Command): void {
  defineEnqueue(program);
  defineLooks(program);
  defineChanges(program);
  defineOrder(program);
  defineProcessor(program);
}

function defineEnqueue(program: Command): void {
  example(
    remote(
      addBatchOptions(
        program
          .command('enqueue')
          .helpGroup('Work:')
          .description('enqueue a graph or a batch from a file, and do not wait for it')
          .argument('<file>', 'JSON: a graph {nodes, edges}, or a batch {graph, data, …}; - reads standard input'),
      )
        .option('--batch <id>', 'the id of the batch; one that was used is refused; default: a new one')
        .option('--prepend', 'before what waits')
        .option('--allow-partial', 'what fits, where the queue has no room for all of it'),
      'print {batch_id, enqueued, requested, item_ids} as one line',
    ),
    'switchyard enqueue workflow.json --set noise.seed=1..100 --destination gallery',
  ).action(ends(async (file, options) => (await import('../verbs/enqueue.ts')).enqueue(file, options)));
}

function defineLooks(program: Command): void {
  example(
    remote(program.command('status').description('what the queue holds, and who works on it')),
    'switchyard status --queue default',
  ).action(ends(async (options) => (await import('../verbs/status.ts')).status(options)));

  example(
    remote(
      program
        .command('list')
        .description('items, the newest first')
        .addOption(new Option('--status <status>', 'those in this status').choices(STATUS_NAMES))
        .option('--batch <id>', 'those of one batch')
        .option('--destination <text>', 'those that go there')
        .option('--user <user>', 'those of one user')
        .option('--limit <count>', 'how many', wholeNumber(1, LIST_LIMIT_MAX), LIST_LIMIT)
        .option('--all', 'all of them')
        .option('--oldest', 'the oldest first')
        .option('--ids', 'nothing but their ids, one a line'),
      'print {items, has_more} as one line',
    ),
    'switchyard list --status failed --batch sweep-1',
  ).action(ends(async (options) => (await import('../verbs/list.ts')).list(options)));

  const sides = ['session', 'outputs', 'nodes', 'logs', 'stats'] as const;
  const get = program
    .command('get')
    .description('one item: what it is, what its nodes did, what came of it')
    .argument('<id>', ITEM, itemId)
    .option(
      '--wait [time]',
      'until it has ended, or for so long (90, 5m); without a time, however long it takes',
      durationOf,
    )
    .option('--out <folder>', 'write the assets that it returned');
  for (const [side, description] of [
    ['session', 'its session as it is: graph, results, mappings'],
    ['outputs', 'only what it returned'],
    ['nodes', 'only its nodes, all of them'],
    ['logs', 'only what its runs wrote'],
    ['stats', 'only what its runs took, by node type'],
  ] as const)
    get.addOption(new Option(`--${side}`, description).conflicts(sides.filter((other) => other !== side)));
  example(remote(get), 'switchyard get 17 --wait --out images').action(
    ends(async (id, options) => (await import('../verbs/get.ts')).get(id, options)),
  );

  example(
    remote(program.command('position').description('how many run before an item').argument('<id>', ITEM, itemId)),
    'switchyard position 17',
  ).action(ends(async (id, options) => (await import('../verbs/order.ts')).position(id, options)));

  const runners = program.command('runners').description('who works on the queue');
  example(
    remote(runners.command('list', { isDefault: true }).description('a table of them')),
    'switchyard runners',
  ).action(ends(async (options) => (await import('../verbs/runners.ts')).list(options)));
  example(
    remote(
      runners
        .command('drain')
        .description('let a runner finish what it runs, and go; for admins')
        .argument('<runner>', 'id of the runner'),
    ),
    'switchyard runners drain gpu-7',
  ).action(ends(async (id, options) => (await import('../verbs/runners.ts')).drain(id, options)));
}

function defineChanges(program: Command): void {
  example(
    remote(
      program
        .command('cancel')
        .description('cancel items, or what has not ended of a batch, of a destination, or at all')
        .argument('[ids...]', 'ids of items', itemIds)
        .option('--batch <id>', 'what has not ended of a batch')
        .option('--destination <text>', 'what has not ended of what goes there')
        .option('--all', 'everything that has not ended; without an admin’s key, everything of one’s own')
        .option('--except-current', 'with --all: but not what runs'),
    ),
    'switchyard cancel 17 18',
  ).action(ends(async (ids, options) => (await import('../verbs/cancel.ts')).cancel(ids ?? [], options)));

  example(
    remote(
      program
        .command('retry')
        .description('run failed and canceled items anew, each as a new item')
        .argument('[ids...]', 'ids of items', itemIds)
        .option('--batch <id>', 'what failed or was canceled of a batch'),
    ),
    'switchyard retry --batch sweep-1',
  ).action(ends(async (ids, options) => (await import('../verbs/retry.ts')).retry(ids ?? [], options)));

  for (const [verb, description] of [
    ['clear', 'remove every item, canceled first where it is active'],
    ['prune', 'remove every item that has ended'],
  ] as const)
    example(
      remote(program.command(verb).description(description).option('--yes', 'without a question')),
      `switchyard ${verb} --yes`,
    ).action(ends(async (options) => (await import('../verbs/remove.ts')).remove(verb, options)));
}

function defineOrder(program: Command): void {
  example(
    remote(
      program
        .command('move')
        .description('run a pending item before or after another one of the same user')
        .argument('<id>', ITEM, itemId)
        .addOption(
          new Option('--before <id>', 'the item that is to run right after it').argParser(itemId).conflicts('after'),
        )
        .option('--after <id>', 'the item that is to run right before it', itemId),
    ),
    'switchyard move 17 --before 12',
  ).action(ends(async (id, options) => (await import('../verbs/order.ts')).move(id, options)));

  example(
    remote(
      program
        .command('priority')
        .description('change the priority of a pending item: the highest of one’s own runs first')
        .argument('<id>', ITEM, itemId)
        .argument('<priority>', 'a whole number; -- before one below 0', wholeNumber(-PRIORITY_MAX, PRIORITY_MAX)),
    ),
    'switchyard priority 17 10',
  ).action(ends(async (id, value, options) => (await import('../verbs/order.ts')).priority(id, value, options)));
}

function defineProcessor(program: Command): void {
  for (const [verb, description] of [
    ['pause', 'start nothing more; what runs goes on; for admins'],
    ['resume', 'start items again; for admins'],
  ] as const)
    example(remote(program.command(verb).description(description)), `switchyard ${verb} --queue default`).action(
      ends(async (options) => (await import('../verbs/processor.ts')).processor(verb, options)),
    );
}
