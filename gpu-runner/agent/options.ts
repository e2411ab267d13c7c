/** The runner's command line and environment, read once. */
import os from 'node:os';
import path from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { QueueId } from '../../contract/names.ts';
import { DEVICE_NAME } from '../device/execution-providers.ts';

const LogLevel = z.enum(['debug', 'info', 'warn', 'error']);

const Flags = z.object({
  url: z.url({ protocol: /^https?$/, error: 'is not an http(s) address' }),
  key: z.string().min(1, 'is empty'),
  queue: QueueId,
  name: z.string().min(1).max(256),
  device: z.string().regex(DEVICE_NAME, 'is one of auto, cpu, webgpu, cuda:0, cuda:1, …'),
  cache: z.string().min(1),
  threads: z.int().min(1).max(1024).nullable(),
  jsonLog: z.boolean(),
});

export interface Options extends z.infer<typeof Flags> {
  logLevel: z.infer<typeof LogLevel>;
}

/** Ends the process on `--help` and on what does not fit, as commander does, with `usageExit`. */
export function readOptions(argv: readonly string[], env: NodeJS.ProcessEnv, usageExit: number): Options {
  const { SWITCHYARD_URL, SWITCHYARD_KEY, SWITCHYARD_QUEUE, XDG_CACHE_HOME } = env;
  const cache = path.join(XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'switchyard');
  const program = new Command('switchyard-runner')
    .description('Pulls sessions from a queue and runs them on this machine.')
    .option('--url <url>', 'address of the edge (SWITCHYARD_URL)', SWITCHYARD_URL)
    // No default here: --help would show it.
    .option('--key <key>', 'key with the scope "runner" (SWITCHYARD_KEY)')
    .option('--queue <queue>', 'queue to work for (SWITCHYARD_QUEUE)', SWITCHYARD_QUEUE ?? 'default')
    .option('--name <name>', 'what people call this runner', os.hostname())
    .option('--device <device>', 'auto, cpu, webgpu or cuda:N; auto takes the first that works', 'auto')
    .option('--cache <folder>', 'where downloaded models are kept', cache)
    .option('--threads <number>', 'threads of one inference (default: as many as the machine has cores)', wholeNumber)
    .option('--json-log', 'log as JSON; the default when stderr is no terminal', !process.stderr.isTTY)
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : usageExit));
  const given = program.parse([...argv], { from: 'user' }).opts();
  const flags = Flags.safeParse({ threads: null, ...given, key: given.key ?? SWITCHYARD_KEY });
  const logLevel = LogLevel.safeParse(env.SWITCHYARD_LOG_LEVEL ?? 'info');
  if (!logLevel.success) {
    const fault = `SWITCHYARD_LOG_LEVEL is one of ${LogLevel.options.join(', ')}, not "${env.SWITCHYARD_LOG_LEVEL}"`;
    return program.error(`error: ${fault}`, { exitCode: usageExit });
  }
  if (flags.success) return { ...flags.data, logLevel: logLevel.data };
  const faults = flags.error.issues.map(({ path: [name], message, code }) => {
    const missing = code === 'invalid_type' ? `is missing (or SWITCHYARD_${String(name).toUpperCase()})` : message;
    return `--${String(name)} ${missing}`;
  });
  return program.error(`error: ${faults.join('\nerror: ')}`, { exitCode: usageExit });
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It is a whole number.');
  return Number(text);
}
