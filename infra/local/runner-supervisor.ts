/** Runner processes: started, started again when they die unasked, ended together. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openLog } from './log-file.ts';
import { record, signal } from './process-record.ts';
import { restartDelayMs } from './restart-delay.ts';
import type { StateFolder } from './state-folder.ts';

export const RUNNER_ENTRY = fileURLToPath(new URL('../../gpu-runner/main.ts', import.meta.url));

/** EXIT.usage of gpu-runner/agent/edge-error.ts. */
const USAGE_EXIT = 64;

/**
 * An agent passes on what its devices say, so nearly all of its memory is soon garbage: collected early, at 15,000
 * sessions a second it takes 110 MB instead of 190, for 12 µs of processor time a session.
 */
const AGENT_FLAGS = ['--max-semi-space-size=2', '--heap-growing-percent=70'];

/** A drained runner has finished or given back what it held; one that takes longer is stuck in native code. */
const DRAIN_MS = 15_000;

export interface RunnerSettings {
  state: StateFolder;
  url: string;
  key: string;
  queue: string;
  count: number;
  /** Beside those that say where it works. */
  flags: readonly string[];
  /** A runner ended unasked. One that cannot start with its options is not started again. */
  onEnd(name: string, how: string, isRestarted: boolean): void;
}

export class RunnerSupervisor {
  readonly #runners: RunnerProcess[];

  constructor(settings: RunnerSettings) {
    this.#runners = Array.from(
      { length: settings.count },
      (_, index) => new RunnerProcess(settings, `runner-${index + 1}`),
    );
  }

  /** Lets every runner finish or give back what it holds. */
  async drain(): Promise<void> {
    await Promise.all(this.#runners.map((runner) => runner.end('SIGTERM')));
  }

  async kill(): Promise<void> {
    await Promise.all(this.#runners.map((runner) => runner.end('SIGKILL')));
  }
}

class RunnerProcess {
  readonly #settings: RunnerSettings;
  readonly #name: string;
  #child: ChildProcess | null = null;
  #restart: NodeJS.Timeout | undefined;
  #failures = 0;
  #ending = false;

  constructor(settings: RunnerSettings, name: string) {
    this.#settings = settings;
    this.#name = name;
    this.#start();
  }

  async end(how: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    this.#ending = true;
    clearTimeout(this.#restart);
    const child = this.#child;
    if (child?.pid === undefined) return;
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    if (how === 'SIGTERM') {
      child.kill('SIGTERM');
      const late = setTimeout(() => this.#killGroup(child), DRAIN_MS);
      await gone;
      clearTimeout(late);
    } else {
      this.#killGroup(child);
      await gone;
    }
  }

  #killGroup(child: ChildProcess): void {
    if (child.pid !== undefined) signal(-child.pid, 'SIGKILL');
  }

  #start(): void {
    const { state, url, key, queue, flags } = this.#settings;
    const log = openLog(state.logs, this.#name);
    const args = [
      '--url',
      url,
      '--key',
      key,
      '--queue',
      queue,
      '--name',
      this.#name,
      '--cache',
      state.models,
      ...flags,
    ];
    const startedAt = Date.now();
    // A group of its own: a terminal's Ctrl-C must not reach it before the queue was told, and a kill must reach
    // its device processes.
    const child = spawn(process.execPath, [...AGENT_FLAGS, state.agent, ...args], {
      detached: true,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    this.#child = child;
    if (child.pid !== undefined) record(state.processes, 'runner', child.pid);
    child.once('exit', (code, signalName) => {
      this.#child = null;
      // Device processes that outlived their agent.
      this.#killGroup(child);
      if (this.#ending) return;
      const isRestarted = code !== USAGE_EXIT;
      this.#settings.onEnd(this.#name, signalName ?? `exit code ${code}`, isRestarted);
      if (!isRestarted) return;
      const { delay, failures } = restartDelayMs(this.#failures, Date.now() - startedAt);
      this.#failures = failures;
      this.#restart = setTimeout(() => this.#start(), delay);
    });
  }
}
