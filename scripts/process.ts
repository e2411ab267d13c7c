// Running a program and keeping what it printed: for the scripts that check the repository.
import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';

export const root = path.dirname(import.meta.dirname);

export interface Outcome {
  code: number;
  output: string;
  seconds: number;
}

export interface RunOptions {
  cwd?: string;
  env?: Record<string, string>;
  /** Show the output while it comes instead of keeping it. */
  live?: boolean;
}

const running = new Set<ChildProcess>();

// A check that is stopped leaves nothing behind: its programs are told, and its own exit handlers run.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    for (const child of running) child.kill(signal);
    process.exit(signal === 'SIGINT' ? 130 : 143);
  });
}

/** Runs a program; a program that cannot be started or dies of a signal counts as one that failed. */
export function run(command: string, args: string[], options: RunOptions = {}): Promise<Outcome> {
  const started = performance.now();
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: options.cwd ?? root,
      env: { ...process.env, ...options.env },
      stdio: options.live ? 'inherit' : ['ignore', 'pipe', 'pipe'],
    });
    running.add(child);
    const chunks: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => chunks.push(chunk));
    const finish = (code: number, last = '') => {
      running.delete(child);
      const output = Buffer.concat(chunks).toString('utf8') + last;
      resolve({ code, output, seconds: (performance.now() - started) / 1000 });
    };
    child.once('error', (error) => finish(127, `${command}: ${error.message}\n`));
    child.once('close', (code, signal) => finish(code ?? 1, signal === null ? '' : `${command}: ended by ${signal}\n`));
  });
}
