import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createClient } from '../../client/client.ts';
import { LocalSystem } from '../../infra/local/system.ts';
import { scratch } from './support/command.ts';
import { freePort } from './support/free-port.ts';

const PATIENCE_MS = 60_000;

async function system(options: { state: string; port: number }): Promise<LocalSystem> {
  const started = await LocalSystem.start({ ...options, runners: 0, temporary: false });
  onTestFinished(() => started.kill());
  return started;
}

const graph = { nodes: { sum: { id: 'sum', type: 'add', a: 1, b: 2 } } };

test('an event stream goes on where it was when the whole system was killed and came back', {
  timeout: PATIENCE_MS,
}, async () => {
  const where = { state: path.join(scratch(), 'state'), port: await freePort() };
  const first = await system(where);
  const queue = createClient(first).queue();
  await queue.enqueueGraph({ graph });
  const modes: string[] = [];
  const batches: number[] = [];
  const sequences: number[] = [];
  for await (const frame of queue.events({ after: 0 })) {
    if (frame.name === 'hello') modes.push(frame.mode);
    if (frame.name === 'hello' || frame.name === 'live' || frame.name === 'snapshot' || frame.sequence === undefined)
      continue;
    sequences.push(frame.sequence);
    if (frame.name !== 'batch_enqueued') continue;
    batches.push(frame.first_item_id ?? 0);
    if (batches.length === 1) {
      await first.kill();
      const { url, key } = await system(where);
      expect({ url, key }).toEqual({ url: first.url, key: first.key });
      // Not through the stream's client: these happen while it is away or coming back.
      for (let item = 2; item <= 4; item++) await createClient({ url, key }).queue().enqueueGraph({ graph });
    }
    if (batches.length === 4) break;
  }
  expect(batches).toEqual([1, 2, 3, 4]);
  expect(sequences).toEqual(sequences.map((_, index) => index + 1));
  expect(modes).not.toContain('snapshot');
});
