/** The `switchyard` command: its verbs and their options. What a verb does is loaded when it is called. */
import { Command, InvalidArgumentError } from 'commander';
import pc from 'picocolors';
import { ConnectionError } from '../client/errors.ts';
import { addConnectionOptions, DEFAULT_STATE } from './connection.ts';
import { EXIT, exitCodeOf, InterruptedError } from './exit-code.ts';
import { listenForOutputErrors } from './output-errors.ts';

/** Where `up` listens unless told otherwise. */
const DEFAULT_PORT = 8787;
const RUNNERS_MAX = 64;

const wholeNumber = (least: number, most: number) => (text: string) => {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new InvalidArgumentError(`A whole number from ${least} to ${most} is needed.`);
};

const program = new Command('switchyard')
  .description('A serverless session queue for ONNX workflow graphs')
  .configureOutput({ outputError: (text, write) => write(pc.red(text)) })
  .showHelpAfterError('Add --help to see what is possible.')
  .addHelpText(
    'after',
    '\nExit codes: 0 done, 1 items failed or the service refused, 2 usage, 3 no connection, 130 interrupted.',
  )
  .exitOverride();

/** Every verb ends with the exit code that its function returns. */
const ends =
  <Args extends unknown[]>(verb: (...args: Args) => Promise<number>) =>
  async (...args: Args): Promise<void> => {
    process.exitCode = await verb(...args);
  };

program
  .command('up')
  .description('start the whole system on this machine: the queue, its stores and runners')
  .option('--port <port>', 'port on 127.0.0.1; 0 takes any', wholeNumber(0, 65_535), DEFAULT_PORT)
  .option('--state <folder>', 'where everything is kept between starts', DEFAULT_STATE)
  .option('--runners <count>', 'runner processes; 0 for none', wholeNumber(0, RUNNERS_MAX), 1)
  .option('--key <key>', 'the admin key; default: the one that the state folder keeps')
  .option('--nodes <folder>', 'a folder with nodes of your own, for its runners')
  .option('--namespace <name>', 'what stands before their types, as in acme:blur')
  .option('--json', 'print one line when ready: {url, key, runner_key, state, pid}')
  .action(ends(async (options) => (await import('./verbs/up.ts')).up(options)));

program
  .command('demo')
  .description('text to image on this machine, end to end: prompts × seeds, and a contact sheet')
  .option('--out <folder>', 'where the images go', 'demo-output')
  .option('--prompts <file>', 'one prompt a line')
  .option('--seeds <count>', 'images of each prompt', wholeNumber(1, 1_000), 4)
  .option('--steps <count>', 'denoising steps', wholeNumber(1, 1_000), 10)
  .option('--runners <count>', 'runner processes', wholeNumber(1, RUNNERS_MAX), 1)
  .option('--json', 'print the result as the last line')
  .action(ends(async (options) => (await import('./verbs/demo.ts')).demo(options)));

addConnectionOptions(
  program
    .command('run')
    .description('run a graph or a batch from a file and write what it returns')
    .argument('<file>', 'JSON: a graph {nodes, edges}, or a batch {graph, data, …}')
    .option(
      '--set <assignment>',
      'node.field=value; a list a,b or a range 1..100 makes a batch; @photo.png or @folder uploads; node.field:=JSON (repeatable)',
      (text: string, before: string[]) => [...before, text],
      [],
    )
    .option('--out <folder>', 'write the assets that the sessions return')
    .option('--json', 'print the result as one line'),
).action(ends(async (file, options) => (await import('./verbs/run.ts')).run(file, options)));

addConnectionOptions(
  program.command('watch').description('show the queue as it changes').option('--json', 'print each event as one line'),
).action(ends(async (options) => (await import('./verbs/watch.ts')).watch(options)));

const nodes = program.command('nodes').description('nodes that runners bring along, for admins');

addConnectionOptions(
  nodes.command('pending').description('those that wait for a decision').option('--json', 'print them as one line'),
).action(ends(async (options) => (await import('./verbs/nodes.ts')).pending(options)));

for (const [verb, description] of [
  ['approve', 'let graphs use a node'],
  ['reject', 'do not let graphs use a node, or not any longer'],
] as const)
  addConnectionOptions(
    nodes
      .command(verb)
      .description(description)
      .argument('<node>', 'TYPE@VERSION, such as acme:blur@1.0.0')
      .option('--digest <digest>', 'which of several definitions; its beginning is enough')
      .option('--json', 'print the result as one line'),
  ).action(ends(async (node, options) => (await import('./verbs/nodes.ts')).decide(verb, node, options)));

program
  .command('runner')
  .description('run one runner against any service: --url U --key K --queue Q; --help shows its own options')
  .helpOption(false)
  .allowUnknownOption()
  .allowExcessArguments()
  .action(ends(async () => (await import('./verbs/runner.ts')).runner(process.argv.slice(3))));

listenForOutputErrors();
try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
  // Commander has said what is wrong with the command line.
  const isUsage = error instanceof Error && 'code' in error && String(error.code).startsWith('commander.');
  if (!isUsage) console.error(error instanceof InterruptedError ? error.message : pc.red(message(error)));
}

// A connection that the other side keeps open must not keep the command; what was written first goes out.
process.stdout.write('', (error) => {
  process.exitCode ||= error ? EXIT.failed : EXIT.ok;
  setImmediate(() => process.exit());
});

/** What a person needs; the stack is for whoever asks for it. */
function message(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof ConnectionError)
    return `${error.message}\nIs it running? \`switchyard up\` starts a system here, --url names another.`;
  return process.env.SWITCHYARD_DEBUG ? (error.stack ?? error.message) : error.message;
}
