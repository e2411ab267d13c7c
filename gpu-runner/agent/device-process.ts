/** One device child: started, spoken to, killed and started again. Its process may die at any moment. */
import { type ChildProcess, fork } from 'node:child_process';
import os from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Failure } from '../device/execution-providers.ts';
import { clearRecord, type FlightRecord, openRecorder, readRecord } from '../device/flight-recorder.ts';
import { clearMemoryEnd, defaultMemoryLimit, readMemoryEnd } from '../device/memory-limit.ts';
import type { FromDevice, ToDevice } from '../device/messages.ts';
import { Outgoing } from '../device/outgoing.ts';
import type { DeviceSettings } from '../device/settings.ts';
import { backoffMs } from './backoff.ts';
import { type Clock, pause } from './clock.ts';
import type { LossCause } from './crash.ts';
import { causeOf } from './device-end.ts';
import { deviceEnvironment } from './device-environment.ts';
import type { Log } from './log.ts';

/** Deaths in a row, without becoming ready between them, after which the device is given up. */
export const FAILED_STARTS_MAX = 5;

/** Of what it wrote on stderr, for whoever asks why it died. */
const LINES_KEPT = 20;
const LAST_LINES_MS = 500;

export type ReadyMessage = Extract<FromDevice, { kind: 'ready' }>;

export interface DeviceProcessParts {
  /** The module that the child runs. */
  entry: URL;
  /** Devices to try, in order. */
  candidates: readonly string[];
  settings: DeviceSettings;
  clock: Clock;
  log: Log;
  isWatched: () => boolean;
  onReady: (ready: ReadyMessage) => void;
  /** `answer` reaches the process that sent them and no other, which has other questions under the same numbers. */
  onMessages: (messages: FromDevice[], answer: (message: ToDevice) => void) => void;
  onLost: (record: FlightRecord, cause: LossCause) => void;
  /** No candidate works, or none stays alive. */
  onUnusable: (reason: string, because: 'device' | 'nodes') => void;
}

export class DeviceProcess {
  readonly #parts: DeviceProcessParts;
  readonly #recorder: number;
  readonly #settings: DeviceSettings;
  /** What ended the process while it was tried. */
  readonly #failures: Failure[] = [];
  #lines: string[] = [];
  #candidates: readonly string[];
  #child: ChildProcess | null = null;
  #outgoing: Outgoing<ToDevice> | null = null;
  #isReady = false;
  #trying: string | null = null;
  /** Why the agent killed the present child. */
  #killed: string | null = null;
  #stopped = false;
  #failedStarts = 0;

  constructor(parts: DeviceProcessParts) {
    this.#parts = parts;
    this.#candidates = parts.candidates;
    this.#recorder = openRecorder();
    const machine = { total: os.totalmem(), constrained: process.constrainedMemory() };
    const memory_limit_bytes = parts.settings.memory_limit_bytes ?? defaultMemoryLimit(machine);
    this.#settings = { ...parts.settings, memory_limit_bytes };
    parts.log.info({ memory_limit_bytes }, 'a device process that takes more memory is ended');
  }

  /** What it works on at this moment, whether it can say so or not. */
  get record(): FlightRecord {
    return readRecord(this.#recorder);
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  start(): void {
    const { entry, isWatched } = this.#parts;
    const settings = this.#settings;
    clearRecord(this.#recorder);
    clearMemoryEnd(this.#recorder);
    this.#lines = [];
    const child = fork(fileURLToPath(entry), [], {
      serialization: 'advanced',
      // Not the agent's own flags: a device has another use for memory.
      execArgv: ['--disable-warning=ExperimentalWarning'],
      env: deviceEnvironment(process.env),
      stdio: ['ignore', 'inherit', 'pipe', 'ipc', this.#recorder],
    });
    this.#child = child;
    this.#isReady = false;
    this.#killed = null;
    this.#trying = null;
    const outgoing = new Outgoing<ToDevice>((messages) => {
      // A child that has just died no longer takes messages; that it died is told by its end.
      if (child.connected) child.send(messages, () => undefined);
    });
    this.#outgoing = outgoing;
    child.on('message', (messages: FromDevice[]) => this.#receive(messages, (message) => outgoing.post(message)));
    child.on('error', (error) => this.#parts.log.error({ error: String(error) }, 'the device process failed'));
    if (child.stderr) createInterface({ input: child.stderr }).on('line', (line) => this.#said(line));
    this.#afterEnd(child);
    const candidates = [...this.#candidates];
    outgoing.post({ kind: 'start', candidates, failures: this.#failures, settings, watched: isWatched() });
  }

  post(message: ToDevice): void {
    this.#outgoing?.post(message);
  }

  /** Ends the present child at once; another one is started unless the device was stopped. */
  kill(reason: string): void {
    this.#killed = reason;
    this.#child?.kill('SIGKILL');
  }

  /** Ends the child for good. */
  stop(reason: string): void {
    this.#stopped = true;
    this.kill(reason);
  }

  #receive(messages: FromDevice[], answer: (message: ToDevice) => void): void {
    for (const message of messages) {
      if (message.kind === 'trying') this.#trying = message.device;
      else if (message.kind === 'unusable') this.#giveUp(message.reason, message.because);
      else if (message.kind === 'ready') {
        this.#isReady = true;
        this.#failedStarts = 0;
        this.#parts.onReady(message);
      }
    }
    this.#parts.onMessages(messages, answer);
  }

  /** What native libraries write while a device is tried belongs to the trial, which is reported as a whole. */
  #said(line: string): void {
    const { log } = this.#parts;
    this.#lines = [...this.#lines.slice(1 - LINES_KEPT), line];
    if (this.#isReady) log.warn({ device: this.#candidates.join() }, line);
    else log.debug({ trying: this.#trying }, line);
  }

  /** All ends must have come: the process's, that of what it still had to say, and of what it wrote as it died. */
  #afterEnd(child: ChildProcess): void {
    const exited = new Promise<string>((resolve) => {
      child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`));
      child.once('error', (error) => resolve(String(error)));
    });
    const silent = new Promise<void>((resolve) => {
      if (child.connected) child.once('disconnect', () => resolve());
      else resolve();
    });
    // Whoever inherited its stderr may keep that open.
    const written = exited.then(() => {
      const done = new AbortController();
      child.stderr?.once('close', () => done.abort());
      return child.stderr?.closed === false ? pause(this.#parts.clock, LAST_LINES_MS, done.signal) : undefined;
    });
    void Promise.all([exited, silent, written]).then(([how]) => this.#ended(how));
  }

  #ended(how: string): void {
    const { clock, log, onLost } = this.#parts;
    const deliberate = this.#killed !== null;
    this.#child = null;
    this.#outgoing = null;
    const memory = readMemoryEnd(this.#recorder);
    const cause = causeOf({ killed: this.#killed, how, memory, lines: this.#lines });
    if (this.#isReady) onLost(this.record, cause);
    // It takes as much the next time, whatever device it tries.
    else if (memory && !deliberate) this.#giveUp(`the device process does not start: ${cause.reason}`);
    else if (!deliberate) this.#startFailed(how);
    if (this.#stopped) return;
    log.warn({ reason: cause.reason }, 'the device process ended and is started again');
    clock.later(deliberate ? 0 : backoffMs(this.#failedStarts, clock.random()), () => {
      if (!this.#stopped) this.start();
    });
  }

  /** A driver that kills the process is not tried again, as long as there is something else to try. */
  #startFailed(how: string): void {
    this.#failedStarts += 1;
    const left = this.#candidates.filter((candidate) => candidate !== this.#trying);
    if (this.#trying !== null && left.length > 0) {
      this.#parts.log.warn({ device: this.#trying }, `trying the device ended its process (${how})`);
      this.#failures.push({ device: this.#trying, message: `trying it ended the process (${how})` });
      this.#candidates = left;
    } else if (this.#trying !== null || this.#failedStarts >= FAILED_STARTS_MAX)
      this.#giveUp(`the device process does not start: ${how}`);
  }

  #giveUp(reason: string, because: 'device' | 'nodes' = 'device'): void {
    this.stop(reason);
    this.#parts.onUnusable(reason, because);
  }
}
