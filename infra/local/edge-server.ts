/** The Worker, its queue objects and its stores in workerd, persisted in a folder, on the loopback address alone. */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { drizzle } from 'drizzle-orm/d1';
import { migrate } from 'drizzle-orm/d1/migrator';
import { Miniflare, type MiniflareOptions } from 'miniflare';
import { openLog } from './log-file.ts';
import type { StateFolder } from './state-folder.ts';
import { bundleWorker } from './worker-bundle.ts';

const HOST = '127.0.0.1';
const MIGRATIONS = fileURLToPath(new URL('../../edge/account/migrations', import.meta.url));
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** As wrangler.toml has them; a test compares the two. */
export const WORKER = {
  name: 'switchyard',
  compatibilityDate: '2026-04-07',
  compatibilityFlags: ['nodejs_compat'],
};

/** How often each time of wrangler.toml comes. */
export const CLOCK = [
  { cron: '* * * * *', every_ms: 60_000 },
  { cron: '17 * * * *', every_ms: 60 * 60_000 },
];

export interface EdgeServerOptions {
  state: StateFolder;
  /** 0 takes any free one. */
  port: number;
  /** Acts as admin; the Worker is told its hash. */
  key: string;
  /** Of web pages that may call (edge/cross-origin.ts). */
  origins?: string | undefined;
}

export class EdgeServer {
  readonly url: string;
  readonly #miniflare: Miniflare;

  private constructor(miniflare: Miniflare, url: string) {
    this.#miniflare = miniflare;
    this.url = url;
  }

  static async start(options: EdgeServerOptions): Promise<EdgeServer> {
    announceWorkerd(options.state);
    const script = await bundleWorker();
    const miniflare = withoutSignalHandlers(() => new Miniflare(settings(options, script)));
    try {
      const url = (await miniflare.ready).origin;
      const database = await miniflare.getD1Database('DB');
      // Miniflare's types name a database of another release of the same types.
      await migrate(drizzle(database as unknown as Parameters<typeof drizzle>[0]), { migrationsFolder: MIGRATIONS });
      return new EdgeServer(miniflare, url);
    } catch (error) {
      await miniflare.dispose();
      throw error;
    }
  }

  /** What the platform's clock does at the times of wrangler.toml; miniflare has none. */
  async tick(cron: string): Promise<void> {
    const worker = await this.#miniflare.getWorker();
    const { outcome } = await worker.scheduled({ cron });
    if (outcome !== 'ok') throw new Error(`what is done at "${cron}" ended with "${outcome}"`);
  }

  async stop(): Promise<void> {
    await this.#miniflare.dispose();
  }
}

function settings({ state, port, key, origins }: EdgeServerOptions, script: string): MiniflareOptions {
  const log = createWriteStream('', { fd: openLog(state.logs, 'edge') });
  return {
    host: HOST,
    port,
    cf: false,
    logRequests: false,
    enableDevRegistry: false,
    telemetry: { enabled: false },
    resourcePersistencePath: state.data,
    handleStructuredLogs: ({ timestamp, level, message }) => {
      log.write(`${new Date(timestamp).toISOString()} ${level} ${message}\n`);
    },
    workers: [
      {
        config: {
          ...WORKER,
          manifest: { mainModule: 'index.js', modules: { 'index.js': { type: 'esm', contents: script } } },
          env: {
            QUEUE: { type: 'durable-object', worker: WORKER.name, exportName: 'QueueObject' },
            BUCKET: { type: 'r2', name: 'switchyard' },
            DB: { type: 'd1', id: 'switchyard' },
            BOOTSTRAP_KEY_HASH: { type: 'text', value: createHash('sha256').update(key).digest('hex') },
            ...(origins === undefined ? {} : { ALLOWED_ORIGINS: { type: 'text', value: origins } }),
          },
          exports: { QueueObject: { type: 'durable-object', storage: 'sqlite' } },
        },
      },
    ],
  };
}

/** Miniflare starts workerd through workerd.sh, which writes its pid into the record, also after a crash. */
function announceWorkerd(state: StateFolder): void {
  const own = createRequire(import.meta.url).resolve('miniflare');
  process.env.SWITCHYARD_WORKERD ??= process.env.MINIFLARE_WORKERD_PATH ?? createRequire(own)('workerd').default;
  process.env.SWITCHYARD_PROCESSES = state.processes;
  process.env.MINIFLARE_WORKERD_PATH = fileURLToPath(new URL('./workerd.sh', import.meta.url));
}

/** Miniflare would end the whole process at a signal, before anything else could be put in order. */
function withoutSignalHandlers<Result>(make: () => Result): Result {
  const before = new Map(SIGNALS.map((name) => [name, process.listeners(name)]));
  const made = make();
  for (const name of SIGNALS) {
    for (const listener of process.listeners(name)) {
      if (!before.get(name)?.includes(listener)) process.removeListener(name, listener);
    }
  }
  return made;
}
