import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { createClient } from '../../client/client.ts';
import { CAN_SEE_PROCESSES, Command, ROOT, scratch, switchyard } from './support/command.ts';

const PATIENCE_MS = 60_000;
const CLI = `"${process.execPath}" --disable-warning=ExperimentalWarning "${path.join(ROOT, 'cli/main.ts')}"`;

describe.runIf(CAN_SEE_PROCESSES)('a command whose output', () => {
  test('nobody reads any more ends as if interrupted', { timeout: PATIENCE_MS }, async () => {
    const system = switchyard(
      'up',
      '--port',
      '0',
      '--state',
      path.join(scratch(), 'state'),
      '--runners',
      '0',
      '--json',
    );
    const { url, key } = JSON.parse(await system.line(/^\{"url"/)) as { url: string; key: string };
    const watch = new Command('bash', ['-c', `(${CLI} watch --json; echo "code $?" >&2) | head -n 1`], {
      SWITCHYARD_URL: url,
      SWITCHYARD_KEY: key,
    });
    await watch.line(/"hello"/);
    const queue = createClient({ url, key }).queue();
    let ended = false;
    void watch.ended.then(() => {
      ended = true;
    });
    // Each event is another line that cannot be written.
    while (!ended) await queue.enqueueGraph({ graph: { nodes: { sum: { id: 'sum', type: 'add' } } } });
    expect(watch.errors).toEqual(['code 130']);
    system.kill('SIGTERM');
    await system.ended;
  });

  test('does not fit is a failure that says so', { timeout: PATIENCE_MS }, async () => {
    const full = new Command('sh', ['-c', `${CLI} --help > /dev/full`]);
    expect((await full.ended).code).toBe(1);
    expect(full.output()).toMatch(/^The output cannot be written: ENOSPC/);
  });
});
