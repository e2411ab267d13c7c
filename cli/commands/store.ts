/** The commands about what an account keeps: nodes, models, assets, keys. */
import type { Command } from 'commander';
import { ends, remote } from './define.ts';

export function defineStoreCommands(program: Command): void {
  const nodes = program.command('nodes').description('nodes that runners bring along, for admins');

  remote(nodes.command('pending').description('those that wait for a decision'), 'print them as one line').action(
    ends(async (options) => (await import('../verbs/nodes.ts')).pending(options)),
  );

  for (const [verb, description] of [
    ['approve', 'let graphs use a node'],
    ['reject', 'do not let graphs use a node, or not any longer'],
  ] as const)
    remote(
      nodes
        .command(verb)
        .description(description)
        .argument('<node>', 'TYPE@VERSION, such as acme:blur@1.0.0')
        .option('--digest <digest>', 'which of several definitions; its beginning is enough'),
    ).action(ends(async (node, options) => (await import('../verbs/nodes.ts')).decide(verb, node, options)));
}
