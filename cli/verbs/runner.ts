/** `runner`: becomes the runner of this checkout, with the same options, signals and exit code. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { RUNNER_ENTRY } from '../../infra/local/runner-supervisor.ts';
import { EXIT } from '../exit-code.ts';

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export function runner(args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', RUNNER_ENTRY, ...args], {
      stdio: 'inherit',
    });
    const atTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
    for (const signal of FORWARDED) {
      process.on(signal, () => {
        // A terminal's Ctrl-C has reached the runner already.
        if (signal !== 'SIGINT' || !atTerminal) child.kill(signal);
      });
    }
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(signal ? 128 + constants.signals[signal] : (code ?? EXIT.failed)));
  });
}
