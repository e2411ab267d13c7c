import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { BREAKAGES } from './breakages.ts';
import { DEFAULT_STEPS } from './campaign.ts';
import { INVARIANTS, type Invariant } from './violation.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
const TIMEOUT_MS = 120_000;

/** The default seeds with the fault in the queue, in a process of their own: it is loaded broken. */
function run(name: string): Promise<string> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, '--break', name], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  return new Promise((resolve, reject) => child.once('error', reject).once('close', () => resolve(output)));
}

test('every invariant is there because some fault would otherwise pass', () => {
  const caught = new Set(BREAKAGES.flatMap((breakage) => breakage.caughtBy));
  expect(Object.keys(INVARIANTS).filter((name) => !caught.has(name as Invariant))).toEqual([]);
});

describe.concurrent('a deliberate fault is caught by the default seeds', () => {
  test.each(BREAKAGES)(
    '$name',
    async ({ name, caughtBy }) => {
      const output = await run(name);
      const found = /: (\d+) steps, .* FAILED ([\w-]+)$/m.exec(output);
      expect(found, output).not.toBeNull();
      expect(caughtBy, output).toContain(found?.[2]);
      expect(Number(found?.[1])).toBeLessThanOrEqual(DEFAULT_STEPS);
    },
    TIMEOUT_MS,
  );
});
