/** The commands that run parts of the system on this machine. */
import type { Command } from 'commander';
import { DEFAULT_STATE } from '../connection-options.ts';
import { ends, exampleText, wholeNumber } from './define.ts';

/** Where `up` listens unless told otherwise. */
const DEFAULT_PORT = 8787;
const RUNNERS_MAX = 64;

export function defineSystemCommands(program: Command): void {
  program
    .command('up')
    .description('start the whole system on this machine: the queue, its stores and runners')
    .option('--port <port>', 'port on 127.0.0.1; 0 takes any', wholeNumber(0, 65_535), DEFAULT_PORT)
    .option('--state <folder>', 'where everything is kept between starts', DEFAULT_STATE)
    .option('--runners <count>', 'runner processes; 0 for none', wholeNumber(0, RUNNERS_MAX), 1)
    .option('--key <key>', 'the admin key; default: the one that the state folder keeps')
    .option('--origins <origins>', 'web pages that may call: http://localhost:5173, with commas between them, or *')
    .option('--nodes <folder>', 'a folder with nodes of your own, for its runners')
    .option('--namespace <name>', 'what stands before their types, as in acme:blur')
    .option('--json', 'print one line when ready: {url, key, runner_key, state, pid}')
    .addHelpText('after', exampleText('switchyard up --port 0 --runners 2'))
    .action(ends(async (options) => (await import('../verbs/up.ts')).up(options)));

  program
    .command('demo')
    .description('text to image on this machine, end to end: prompts × seeds, and a contact sheet')
    .option('--out <folder>', 'where the images go', 'demo-output')
    .option('--prompts <file>', 'one prompt a line')
    .option('--seeds <count>', 'images of each prompt', wholeNumber(1, 1_000), 4)
    .option('--steps <count>', 'denoising steps', wholeNumber(1, 1_000), 10)
    .option('--runners <count>', 'runner processes', wholeNumber(1, RUNNERS_MAX), 1)
    .option('--json', 'print the result as the last line')
    .addHelpText('after', exampleText('switchyard demo --out images --seeds 2'))
    .action(ends(async (options) => (await import('../verbs/demo.ts')).demo(options)));

  program
    .command('runner')
    .description('run one runner against any service: --url U --key K --queue Q; --help shows its own options')
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments()
    .addHelpText('after', exampleText('switchyard runner --url http://127.0.0.1:8787 --key sy_… --queue default'))
    .action(ends(async () => (await import('../verbs/runner.ts')).runner(process.argv.slice(3))));
}
