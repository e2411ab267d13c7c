/**
 * The process that owns a local system: it holds the state folder's lock, runs the edge and the runners, and ends with
 * its front, the process that a person started. It leads a session of its own, so that a terminal's Ctrl-C reaches
 * the front alone, which can then put things in order; and it notices a killed front, because their channel closes.
 *
 * If the host is killed too, what is left of it is ended at the next start, by the record in the state folder.
 */
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HostOptions, HostOrder, HostReport } from './host-messages.ts';
import { isRunning, type ProcessIdentity } from './process-identity.ts';
import { beginRecord, endProcesses, readRecord, record } from './process-record.ts';
import { RecurringCall } from './recurring-call.ts';
import { RUNNER_ENTRY, RunnerSupervisor } from './runner-supervisor.ts';
import { ensureRunnerKey, publishBundledModels, SEEDED_QUEUE } from './seed.ts';
import { StateFolder } from './state-folder.ts';
import { StateLock, StateLockedError } from './state-lock.ts';

/** How long a predecessor whose front is gone may take to end, after it was killed. */
const PREDECESSOR_MS = 10_000;
const LOCK_POLL_MS = 50;

class Host {
  readonly #options: HostOptions;
  readonly #state: StateFolder;
  #edge: { url: string; stop(): Promise<void> } | null = null;
  #clock: RecurringCall[] = [];
  #runners: RunnerSupervisor | null = null;
  #lock: StateLock | null = null;
  #ending: Promise<void> | null = null;

  constructor(options: HostOptions) {
    this.#options = options;
    this.#state = StateFolder.create(options.state);
  }

  async start(front: ProcessIdentity): Promise<void> {
    this.#lock = await takeLock(this.#state);
    await endProcesses(readRecord(this.#state.processes).parts);
    beginRecord(this.#state.processes, [{ role: 'front', ...front }]);
    record(this.#state.processes, 'host', process.pid);
    this.#state.emptyTemporary();
    // Where miniflare puts its sockets and scratch files; read at each use.
    process.env.TMPDIR = this.#state.temporary;
    const key = this.#adminKey();
    // Not before the lock is held: loading them takes a third of a second.
    const { CLOCK, EdgeServer } = await import('./edge-server.ts');
    const { bundleAgent } = await import('./agent-bundle.ts');
    const { port, origins } = this.#options;
    const edge = await EdgeServer.start({ state: this.#state, port, key, origins });
    this.#edge = edge;
    this.#clock = CLOCK.map(({ cron, every_ms }) => new RecurringCall(() => edge.tick(cron), every_ms));
    const { url } = edge;
    const [runner_key] = await Promise.all([
      ensureRunnerKey(this.#state, url, key),
      publishBundledModels(url, key),
      this.#options.runners > 0 ? bundleAgent(RUNNER_ENTRY, this.#state.agent) : null,
    ]);
    if (this.#ending) return;
    this.#state.writeAddress(url);
    this.#runners = new RunnerSupervisor({
      state: this.#state,
      url,
      key: runner_key,
      queue: SEEDED_QUEUE,
      count: this.#options.runners,
      flags: this.#options.runnerFlags ?? [],
      onEnd: (name, how, isRestarted) =>
        void tell({
          report: 'warning',
          message: isRestarted
            ? `${name} ended (${how}) and is started again.`
            : `${name} cannot start with these options; its log in ${this.#state.logs} says why.`,
        }),
    });
    await tell({ report: 'ready', url, key, runner_key });
  }

  /** Ends everything, in order when there is time, and then this process. */
  end(how: 'drain' | 'kill', exitCode = 0): Promise<void> {
    if (how === 'kill') this.#runners?.kill();
    this.#ending ??= this.#end(how, exitCode);
    return this.#ending;
  }

  async #end(how: 'drain' | 'kill', exitCode: number): Promise<void> {
    try {
      for (const call of this.#clock) call.stop();
      await this.#runners?.[how]();
      await this.#edge?.stop();
      if (this.#lock) {
        // Whatever else wrote itself down: a workerd that was just starting.
        await endProcesses(readRecord(this.#state.processes).parts);
        if (this.#options.temporary) rmSync(this.#state.path, { recursive: true, force: true });
      }
    } finally {
      process.exit(exitCode);
    }
  }

  #adminKey(): string {
    const kept = this.#state.readKeys();
    const key = this.#options.key ?? kept?.key ?? `local_${randomBytes(24).toString('base64url')}`;
    if (kept?.key !== key) this.#state.writeKeys({ ...kept, key });
    return key;
  }
}

/** Waits out a predecessor that lost its front; refuses when one is alive. The lock is held until the process ends. */
async function takeLock(state: StateFolder): Promise<StateLock> {
  for (const until = Date.now() + PREDECESSOR_MS; ; ) {
    try {
      return new StateLock(state.lock);
    } catch (error) {
      if (!(error instanceof StateLockedError)) throw error;
      const { front, host, parts } = readRecord(state.processes);
      if ((front && isRunning(front)) || Date.now() > until) {
        const where = state.readAddress();
        throw new Error(
          `Another system uses ${state.path}${front ? ` (pid ${front.pid}${where ? `, ${where}` : ''})` : ''}. Stop it, or choose another folder with --state.`,
        );
      }
      await endProcesses(host ? [host, ...parts] : parts);
      await sleep(LOCK_POLL_MS);
    }
  }
}

/** Resolves when the front has it, or is not there to have it. */
function tell(report: HostReport): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected && process.send) process.send(report, () => resolve());
    else resolve();
  });
}

let host: Host | null = null;

process.on('message', (message: HostOrder) => {
  switch (message.order) {
    case 'start':
      host = new Host(message.options);
      host.start(message.front).catch(async (error: unknown) => {
        console.error(error);
        await tell({ report: 'failed', message: error instanceof Error ? error.message : String(error) });
        await host?.end('kill', 1);
      });
      return;
    case 'stop':
      void host?.end('drain');
      return;
    case 'kill':
      void host?.end('kill');
  }
});
process.on('disconnect', () => (host ? void host.end('kill') : process.exit(1)));
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void host?.end('drain'));
