/** The commands that help to use the others. */
import { type Command, Option } from 'commander';
import { DEFAULT_QUEUE_ID } from '../../contract/known-names.ts';
import { SHELLS } from '../completion/scripts.ts';
import { ends, example, exampleText, gather } from './define.ts';

export function defineToolCommands(program: Command): void {
  // It needs no service: the address of one is taken from the command line alone, not from the environment.
  program
    .command('import')
    .description(
      'make a graph of what InvokeAI saved: a workflow, a graph, a queue item, or a picture that carries one',
    )
    .argument('<file>', 'JSON, or a PNG that InvokeAI made')
    .option('--out <file>', 'write the graph there instead of to standard output')
    .option('--model <name=key>', "InvokeAI's name of a model, and the key of the one to use (repeatable)", gather, [])
    .option('--keep-ids', "leave InvokeAI's ids of the nodes as they are, instead of short names")
    .option('--graph', 'of a picture with both, take the graph that drew it, not the workflow that it came from')
    .option('--json', 'print the graph and the list of what is missing as one line')
    .option('--url <url>', 'take the node types of this service, those of its runners included')
    .addOption(new Option('--key <key>', 'an API key for it').env('SWITCHYARD_KEY'))
    .addOption(new Option('--queue <queue>').default(DEFAULT_QUEUE_ID).hideHelp())
    .addHelpText('after', exampleText('switchyard import workflow.json --model "SD 1.5=sd15" --out graph.json'))
    .action(ends(async (file, options) => (await import('../verbs/import.ts')).importFile(file, options)));

  defineCompletion(program);
}

function defineCompletion(program: Command): void {
  const shell = () => program.createArgument('<shell>', 'whose script').choices(SHELLS);
  example(
    program
      .command('completion')
      .description('print a script that lets a shell complete verbs, options, ids and names')
      .addArgument(shell()),
    'source <(switchyard completion bash)',
  ).action(ends(async (name) => (await import('../verbs/completion.ts')).completion(name)));

  program
    .command('__complete', { hidden: true })
    .description('what the script asks')
    .addArgument(shell())
    .argument('[words...]')
    .action(ends(async (name, words) => (await import('../verbs/completion.ts')).complete(program, name, words)));
}
