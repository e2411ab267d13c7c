/**
 * The whole system in one process tree: the edge in workerd, N runners, and everything they keep in one folder.
 * This is the front's side; the work is done by a host process (host.ts) that ends when the front ends.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { HostOptions, HostOrder, HostReport } from './host-messages.ts';
import { openLog } from './log-file.ts';
import { identify } from './process-identity.ts';
import { endProcesses, readRecord } from './process-record.ts';

const HOST_ENTRY = fileURLToPath(new URL('./host.ts', import.meta.url));

export interface LocalSystemOptions extends HostOptions {
  onWarning?: (message: string) => void;
  /** Ends a start that is under way. */
  signal?: AbortSignal;
}

export interface SystemAddress {
  url: string;
  key: string;
  runner_key: string;
}

/** The system ended without being asked to, or did not start; the message says why. */
export class LocalSystemError extends Error {
  override name = 'LocalSystemError';
}

export class LocalSystem {
  readonly url: string;
  readonly key: string;
  readonly runner_key: string;
  readonly state: string;
  /** Rejects when the system ends unasked; resolves when it was stopped. */
  readonly ended: Promise<void>;
  readonly #host: HostProcess;

  private constructor(host: HostProcess, address: SystemAddress) {
    this.url = address.url;
    this.key = address.key;
    this.runner_key = address.runner_key;
    this.state = host.state;
    this.ended = host.ended;
    this.#host = host;
  }

  /** Resolves when the system answers and its runners have been started. */
  static async start(options: LocalSystemOptions): Promise<LocalSystem> {
    options.signal?.throwIfAborted();
    const host = new HostProcess(options);
    const abort = () => void host.stop('kill');
    options.signal?.addEventListener('abort', abort, { once: true });
    try {
      return new LocalSystem(host, await host.ready);
    } catch (error) {
      await host.ended.catch(() => {});
      options.signal?.throwIfAborted();
      throw error;
    } finally {
      options.signal?.removeEventListener('abort', abort);
    }
  }

  /** Runners drain, then everything ends. Resolves when no process is left. */
  stop(): Promise<void> {
    return this.#host.stop('stop');
  }

  /** Ends everything at once; nothing that was recorded is lost. */
  kill(): Promise<void> {
    return this.#host.stop('kill');
  }
}

class HostProcess {
  readonly state: string;
  readonly ready: Promise<SystemAddress>;
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  #asked = false;

  constructor({ onWarning, signal: _, ...options }: LocalSystemOptions) {
    this.state = path.resolve(options.state);
    const logs = path.join(this.state, 'logs');
    mkdirSync(logs, { recursive: true });
    const log = openLog(logs, 'host');
    this.#child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', HOST_ENTRY], {
      detached: true,
      stdio: ['ignore', log, log, 'ipc'],
    });
    closeSync(log);
    const failures: string[] = [];
    this.ready = new Promise((resolve, reject) => {
      this.#child.on('message', (message: HostReport) => {
        if (message.report === 'ready') resolve(message);
        else if (message.report === 'warning') onWarning?.(message.message);
        else failures.push(message.message);
      });
      this.#child.once('exit', () => reject(this.#failure(failures, null, null)));
    });
    this.ended = new Promise((resolve, reject) => {
      this.#child.once('exit', async (code, signal) => {
        // A host that was killed could not end what it started. The record is another's when the folder was in use.
        const { host, parts } = readRecord(path.join(this.state, 'processes'));
        if (host?.pid === this.#child.pid) await endProcesses(parts);
        if (options.temporary) rmSync(this.state, { recursive: true, force: true });
        if (this.#asked) resolve();
        else reject(this.#failure(failures, code, signal));
      });
    });
    // Each is looked at where it matters; a system that fails to start is not also an unhandled end.
    this.ready.catch(() => {});
    this.ended.catch(() => {});
    const front = identify(process.pid);
    if (front === null) throw new LocalSystemError('This process cannot be identified.');
    this.#order({ order: 'start', front, options });
  }

  async stop(order: 'stop' | 'kill'): Promise<void> {
    this.#asked = true;
    this.#order({ order });
    await this.ended;
  }

  #order(order: HostOrder): void {
    if (this.#child.connected) this.#child.send(order);
  }

  #failure(messages: readonly string[], code: number | null, signal: NodeJS.Signals | null): LocalSystemError {
    const what = messages.join('\n') || `The system ended unexpectedly (${signal ?? `exit code ${code}`}).`;
    return new LocalSystemError(`${what}\nIts logs are in ${path.join(this.state, 'logs')}.`);
  }
}
