/** A command of this project as a person starts it, with every process that it starts, and theirs, in view. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const CLI = ['--disable-warning=ExperimentalWarning', path.join(ROOT, 'cli/main.ts')];

/** Processes of a command inherit this variable, however far they have moved from it. */
const MARK = 'SWITCHYARD_TEST_MARK';
const POLL_MS = 25;

/** Whether this system shows the environment of processes, which is how the descendants of a command are found. */
export const CAN_SEE_PROCESSES = process.platform === 'linux';

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export class Command {
  readonly lines: string[] = [];
  readonly errors: string[] = [];
  readonly ended: Promise<Ended>;
  readonly pid: number;
  /** TMPDIR of the command: what it leaves there, it leaves behind. */
  readonly temporary: string;
  readonly #child: ChildProcess;
  readonly #mark = randomUUID();
  #wake: (() => void)[] = [];
  #hasEnded = false;

  constructor(command: string, args: readonly string[], environment: Record<string, string> = {}) {
    this.temporary = mkdtempSync(path.join(tmpdir(), 'switchyard-e2e-tmp-'));
    // What npm tells a script about itself would be told to a command that npm did not start.
    const inherited = Object.entries(process.env).filter(([name]) => !/^(npm_|VITEST|NODE_OPTIONS$)/i.test(name));
    this.#child = spawn(command, args, {
      cwd: ROOT,
      env: { ...Object.fromEntries(inherited), ...environment, TMPDIR: this.temporary, [MARK]: this.#mark },
      stdio: ['ignore', 'pipe', 'pipe'],
      // Its own group, as a shell gives a command, so that a test can press Ctrl-C.
      detached: true,
    });
    if (this.#child.pid === undefined) throw new Error(`${command} did not start`);
    this.pid = this.#child.pid;
    this.#collect(this.#child.stdout, this.lines);
    this.#collect(this.#child.stderr, this.errors);
    this.ended = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => {
        this.#hasEnded = true;
        this.#notify();
        resolve({ code, signal });
      });
    });
    onTestFinished(async () => {
      this.killAll();
      await this.ended;
      rmSync(this.temporary, { recursive: true, force: true });
    });
  }

  /** Resolves with the first line of standard output or error that fits, past or to come. */
  async line(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = [...this.lines, ...this.errors].find((line) => pattern.test(line));
      if (found !== undefined) return found;
      if (this.#hasEnded) throw new Error(`It ended and said nothing like ${pattern}:\n${this.output()}`);
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  output(): string {
    return [...this.lines, ...this.errors].join('\n');
  }

  /** What Ctrl-C does: the signal reaches the whole foreground group. */
  pressCtrlC(): void {
    process.kill(-this.pid, 'SIGINT');
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends the command and everything that it started, in whatever session, at once. */
  killAll(): void {
    // Twice: a process may start another between the look and the kill.
    for (let round = 0; round < 2; round++) for (const pid of this.processes()) kill(pid);
    if (!this.#hasEnded) this.#child.kill('SIGKILL');
  }

  /** Every living process that this command started. */
  processes(): number[] {
    return readdirSync('/proc').flatMap((name) =>
      /^\d+$/.test(name) && isMarked(name, this.#mark) ? [Number(name)] : [],
    );
  }

  /** Resolves when none is left. */
  async nothingLeft(withinMs: number): Promise<void> {
    for (const until = Date.now() + withinMs; this.processes().length > 0; await sleep(POLL_MS)) {
      if (Date.now() > until) throw new Error(`Left behind: ${this.processes().map(describeProcess).join('\n')}`);
    }
  }

  #collect(stream: NodeJS.ReadableStream | null, into: string[]): void {
    if (stream === null) return;
    createInterface({ input: stream }).on('line', (line) => {
      into.push(line);
      this.#notify();
    });
  }

  #notify(): void {
    const waiting = this.#wake;
    this.#wake = [];
    for (const resolve of waiting) resolve();
  }
}

export const switchyard = (...args: string[]): Command => new Command(process.execPath, [...CLI, ...args]);
export const npm = (...args: string[]): Command => new Command('npm', args);

/** A folder for one test. */
export function scratch(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'switchyard-e2e-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function isMarked(pid: string, mark: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`${MARK}=${mark}`);
  } catch {
    return false;
  }
}

/** Its command line. */
export function describeProcess(pid: number): string {
  try {
    return `${pid} ${readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ')}`;
  } catch {
    return String(pid);
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}
