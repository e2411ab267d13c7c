/** The runner's command line and environment, read once. */
import os from 'node:os';
import path from 'node:path';
import bytes from 'bytes';
import { Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { QueueId } from '../../contract/names.ts';
import { NAMESPACE } from '../../graph/catalogue.ts';
import { DEVICE_NAME } from '../device/execution-providers.ts';
import type { DeviceSettings } from '../device/settings.ts';

const LogLevel = z.enum(['debug', 'info', 'warn', 'error']);

/** A type with its namespace still has to fit a name. */
const NAMESPACE_LENGTH_MAX = 32;

const Flags = z
  .object({
    url: z.url({ protocol: /^https?$/, error: 'is not an http(s) address' }),
    key: z.string().min(1, 'is empty'),
    queue: QueueId,
    name: z.string().min(1).max(256),
    device: z.string().regex(DEVICE_NAME, 'is one of auto, cpu, webgpu, cuda:0, cuda:1, …'),
    cache: z.string().min(1),
    threads: z.int().min(1).max(1024).nullable(),
    sessions: z.int().min(1).max(64),
    modelMemory: z.int().min(1).nullable(),
    memoryLimit: z.int().min(1).nullable(),
    modelDisk: z.int().min(1).nullable(),
    nodeCache: z.int().min(0).max(1_000_000),
    nodes: z.string().min(1).nullable(),
    namespace: z
      .string()
      .max(NAMESPACE_LENGTH_MAX, `is longer than ${NAMESPACE_LENGTH_MAX} characters`)
      .regex(NAMESPACE, 'is small letters, digits and "_", and begins with a letter')
      .nullable(),
    profile: z.string().min(1).nullable(),
    stats: z.string().min(1).nullable(),
    jsonLog: z.boolean(),
  })
  .refine(({ profile, sessions }) => profile === null || sessions === 1, {
    path: ['profile'],
    error: 'takes one session at a time: leave --sessions out',
  });

export interface Options extends z.infer<typeof Flags> {
  logLevel: z.infer<typeof LogLevel>;
}

const HALF_GIVEN =
  '--nodes FOLDER and --namespace NAME belong together: the namespace stands before the types of the nodes in the folder';

/** What is not given at all. */
const ABSENT = {
  ...{ threads: null, modelMemory: null, memoryLimit: null, modelDisk: null },
  ...{ nodes: null, namespace: null, profile: null, stats: null },
};

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
    .option('--model-disk <size>', 'what they may take there, as in 50GB (default: any)', byteSize)
    .option('--model-memory <size>', 'what loaded models may take (default: half of the memory)', byteSize)
    .option('--memory-limit <size>', 'what a device process may take before it is ended', byteSize)
    .option('--sessions <number>', 'sessions that a device runs at a time', wholeNumber, 1)
    .option('--node-cache <number>', 'results kept for sessions that do the same work; 0: none', wholeNumber, 512)
    .option('--nodes <folder>', 'a folder with nodes of your own')
    .option('--namespace <name>', 'what stands before the types of your own nodes, as in acme:blur')
    .option('--profile <folder>', 'write a CPU profile of each session, and a trace of its models, there')
    .option('--stats <folder>', 'write the statistics of each session there, as JSON')
    .option('--threads <number>', 'threads of one inference (default: as many as the machine has cores)', wholeNumber)
    .option('--json-log', 'log as JSON; the default when stderr is no terminal', !process.stderr.isTTY)
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : usageExit));
  const given = program.parse([...argv], { from: 'user' }).opts();
  const flags = Flags.safeParse({ ...ABSENT, ...given, key: given.key ?? SWITCHYARD_KEY });
  const logLevel = LogLevel.safeParse(env.SWITCHYARD_LOG_LEVEL ?? 'info');
  if (!logLevel.success) {
    const fault = `SWITCHYARD_LOG_LEVEL is one of ${LogLevel.options.join(', ')}, not "${env.SWITCHYARD_LOG_LEVEL}"`;
    return program.error(`error: ${fault}`, { exitCode: usageExit });
  }
  if (flags.success && (flags.data.nodes === null) === (flags.data.namespace === null))
    return { ...flags.data, logLevel: logLevel.data };
  const faults = flags.success
    ? [HALF_GIVEN]
    : flags.error.issues.map(({ path: [name], message, code }) => {
        const missing = code === 'invalid_type' ? `is missing (or SWITCHYARD_${String(name).toUpperCase()})` : message;
        return `--${kebab(String(name))} ${missing}`;
      });
  return program.error(`error: ${faults.join('\nerror: ')}`, { exitCode: usageExit });
}

/** The part of the options that devices read. */
export const deviceSettings = (options: Options): DeviceSettings => ({
  ...{ threads: options.threads, sessions: options.sessions, cache_entries: options.nodeCache },
  ...{ model_memory_bytes: options.modelMemory, memory_limit_bytes: options.memoryLimit },
  ...{ profile: absolute(options.profile), stats: absolute(options.stats) },
  nodes: customNodes(options),
});

function customNodes({ nodes, namespace }: Options): DeviceSettings['nodes'] {
  return nodes === null || namespace === null ? null : { folder: path.resolve(nodes), namespace };
}

const absolute = (folder: string | null): string | null => (folder === null ? null : path.resolve(folder));

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It is a whole number.');
  return Number(text);
}

/** As the flag is written. */
const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

function byteSize(text: string): number {
  const size = bytes.parse(text);
  if (size === null || !/\d\s*([kmgt]?b)?$/i.test(text)) throw new InvalidArgumentError('It is a size, as in 8GB.');
  return size;
}
