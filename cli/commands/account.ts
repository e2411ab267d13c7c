/** The commands about what an account has: queues with their settings, and keys. */
import { type Command, Option } from 'commander';
import { QueueLocation } from '../../contract/queue/queue.ts';
import { LANE_MAX, SCOPES } from '../../contract/store/key.ts';
import { durationOf, listOf, momentOf, rateLimitOf } from './arguments.ts';
import { ends, example, gather, remote, wholeNumber } from './define.ts';

/** How long an old key is good for beside its successor: a day to put the new one everywhere. */
const GRACE_DEFAULT = '24h';

export function defineAccountCommands(program: Command): void {
  defineQueues(program.command('queues').description('the queues of the account, and their settings'));
  defineKeys(program.command('keys').description('API keys: made, listed, rotated, revoked'));
}

const addSettings = (command: Command): Command =>
  command.option('--set <name=value>', 'a setting; `queues show` explains each (repeatable)', gather);

function defineQueues(queues: Command): void {
  example(
    remote(queues.command('list', { isDefault: true }).description('those that the key opens')),
    'switchyard queues',
  ).action(ends(async (options) => (await import('../verbs/queues.ts')).list(options)));

  example(
    remote(
      queues.command('show').description('every setting of a queue').argument('[id]', 'default: the one of --queue'),
    ),
    'switchyard queues show default',
  ).action(ends(async (id, options) => (await import('../verbs/queues.ts')).show(id, options)));

  example(
    remote(
      addSettings(
        queues.command('create').description('make a queue; for admins').argument('<id>', 'its id'),
      ).addOption(new Option('--location <place>', 'near whom it lives, for good').choices(QueueLocation.options)),
    ),
    'switchyard queues create renders --set order=fifo --set max_user_pending=500',
  ).action(ends(async (id, options) => (await import('../verbs/queues.ts')).create(id, options)));

  example(
    remote(
      addSettings(
        queues
          .command('set')
          .description('change settings of a queue; those not named stay; for admins')
          .argument('[id]', 'default: the one of --queue'),
      ),
    ),
    'switchyard queues set renders --set max_run_seconds=none',
  ).action(ends(async (id, options) => (await import('../verbs/queues.ts')).change(id, options)));

  example(
    remote(
      queues
        .command('delete')
        .description('delete a queue with everything in it; for admins')
        .argument('<id>', 'its id')
        .option('--force', 'although it has work')
        .option('--yes', 'without a question'),
    ),
    'switchyard queues delete renders --yes',
  ).action(ends(async (id, options) => (await import('../verbs/queues.ts')).remove(id, options)));
}

function defineKeys(keys: Command): void {
  example(
    remote(
      keys
        .command('list', { isDefault: true })
        .description('those that are good; for admins')
        .option('--all', 'those that have ended too'),
    ),
    'switchyard keys',
  ).action(ends(async (options) => (await import('../verbs/keys.ts')).list(options)));

  example(
    remote(
      keys
        .command('create')
        .description('make a key, which is shown this once; for admins')
        .argument('<name>', 'what it is for')
        .addOption(
          new Option('--scopes <scopes>', `what it allows: some of ${SCOPES.join(',')}`)
            .argParser(listOf(SCOPES))
            .makeOptionMandatory(),
        )
        .option('--user <user>', 'whose work it does; default: system')
        .option('--queues <ids>', 'the only queues that it opens; default: all', listOf())
        .option('--expires <time>', 'when it ends: 30d, or a date', momentOf)
        .option('--lane <number>', 'its work runs before that of lower lanes', wholeNumber(0, LANE_MAX))
        .option('--rate-limit <requests/time>', 'such as 100/1m, instead of the deployment’s', rateLimitOf),
    ),
    'switchyard keys create laptop --scopes read,enqueue,cancel --user ann --expires 30d',
  ).action(ends(async (name, options) => (await import('../verbs/keys.ts')).create(name, options)));

  example(
    remote(
      keys
        .command('rotate')
        .description('a new key in place of one, which ends after a grace; for admins')
        .argument('<key>', 'id of the key, as keys list shows it')
        .addOption(
          new Option('--grace <time>', 'how long the old one is still good')
            .argParser(durationOf)
            .default(durationOf(GRACE_DEFAULT), GRACE_DEFAULT),
        ),
    ),
    'switchyard keys rotate k3b81 --grace 1h',
  ).action(ends(async (id, options) => (await import('../verbs/keys.ts')).rotate(id, options)));

  example(
    remote(
      keys
        .command('revoke')
        .description('end a key now, with the sockets that it opened; for admins')
        .argument('<key>', 'id of the key, as keys list shows it'),
    ),
    'switchyard keys revoke k3b81',
  ).action(ends(async (id, options) => (await import('../verbs/keys.ts')).revoke(id, options)));

  example(
    remote(keys.command('current').description('what the key in use is good for')),
    'switchyard keys current',
  ).action(ends(async (options) => (await import('../verbs/keys.ts')).current(options)));
}
