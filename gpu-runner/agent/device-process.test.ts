import { expect, test } from 'vitest';
import type { FromDevice, ToDevice } from '../device/messages.ts';
import { DEFAULT_SETTINGS } from '../device/settings.ts';
import { systemClock } from './clock.ts';
import { DeviceProcess } from './device-process.ts';
import { makeLog } from './log.ts';
import { graphOf } from './testing/agents.ts';

const grant = (item_id: number) => ({
  ...{ item_id, fence: 1, token: 't', session_id: `s${item_id}`, batch_id: 'b', user_id: 'u' },
  ...{ values: [], results: [], max_run_seconds: null, max_node_seconds: null, traceparent: null },
});

test('[P135] a device is proven once, before it takes an item, and all of its sessions name it', async () => {
  const said: FromDevice[] = [];
  const { promise: done, resolve } = Promise.withResolvers<void>();
  const device = new DeviceProcess({
    entry: new URL('../../test/support/device-child.ts', import.meta.url),
    candidates: ['cpu'],
    settings: { ...DEFAULT_SETTINGS, threads: 1 },
    clock: systemClock,
    log: makeLog('text', 'error'),
    isWatched: () => false,
    onReady: () => undefined,
    onMessages: (messages) => {
      said.push(...messages);
      if (messages.some((each) => each.kind === 'entry' && each.entry === 'session_complete' && each.ticket === 3))
        resolve();
    },
    onLost: () => undefined,
    onUnusable: () => undefined,
  });
  device.start();
  // Sent before it is ready: kept until then.
  device.post({ kind: 'batch', batch_id: 'b', graph: graphOf('add') });
  for (const ticket of [1, 2, 3]) device.post({ kind: 'run', ticket, grant: grant(ticket) });
  await done;
  device.stop('test over');
  const kinds = said.map(({ kind }) => kind);
  expect(kinds.filter((kind) => kind === 'trying' || kind === 'ready')).toEqual(['trying', 'ready']);
  expect(kinds.indexOf('entry')).toBeGreaterThan(kinds.indexOf('ready'));
  const starts = said.flatMap((message) =>
    message.kind === 'entry' && message.entry === 'session_started' ? [JSON.parse(message.json).device] : [],
  );
  expect(starts).toEqual(['cpu', 'cpu', 'cpu']);
});

test('what a process asked for is answered to it alone, and never to the one that comes after it', async () => {
  const asked: { asset_name: string; answer: (text: string) => void }[] = [];
  const results: unknown[] = [];
  let ready = 0;
  let changed = () => {};
  const device = new DeviceProcess({
    entry: new URL('../../test/support/device-child.ts', import.meta.url),
    candidates: ['cpu'],
    settings: { ...DEFAULT_SETTINGS, threads: 1 },
    clock: systemClock,
    log: makeLog('text', 'error'),
    isWatched: () => false,
    onReady: () => {
      ready += 1;
      changed();
    },
    onMessages: (messages, reply: (message: ToDevice) => void) => {
      for (const message of messages) {
        if (message.kind === 'request' && message.wanted.what === 'asset') {
          const { request, wanted } = message;
          const answer = (text: string) => reply({ kind: 'answer', request, value: Buffer.from(text) });
          asked.push({ asset_name: wanted.asset_name, answer });
        }
        if (message.kind === 'entry' && message.entry === 'invocation_complete')
          results.push(JSON.parse(message.json).result.value);
      }
      changed();
    },
    onLost: () => undefined,
    onUnusable: () => undefined,
  });
  const until = async (condition: () => boolean) => {
    while (!condition())
      await new Promise<void>((resolve) => {
        changed = resolve;
      });
  };
  const reading = (ticket: number, image_name: string) => {
    device.post({ kind: 'batch', batch_id: 'b', graph: graphOf('read') });
    const values = [{ node_path: 'n0', field_name: 'image', value: { image_name } }];
    device.post({ kind: 'run', ticket, grant: { ...grant(ticket), values } });
  };
  device.start();
  reading(1, 'first');
  await until(() => asked.length === 1);
  device.kill('test');
  await until(() => ready === 2);
  reading(2, 'second');
  await until(() => asked.length === 2);
  const [first, second] = asked;
  first?.answer('of the first');
  second?.answer('of the second');
  await until(() => results.length === 1);
  device.stop('test over');
  expect(results).toEqual(['of the second']);
});

test('a device that needs more memory to start than it may take is given up, and says so', async () => {
  const { promise: reason, resolve } = Promise.withResolvers<string>();
  const device = new DeviceProcess({
    entry: new URL('../../test/support/device-child.ts', import.meta.url),
    candidates: ['cpu'],
    settings: { ...DEFAULT_SETTINGS, threads: 1, memory_limit_bytes: 20 * 2 ** 20 },
    clock: systemClock,
    log: makeLog('text', 'error'),
    isWatched: () => false,
    onReady: () => undefined,
    onMessages: () => undefined,
    onLost: () => undefined,
    onUnusable: resolve,
  });
  device.start();
  expect(await reason).toMatch(/does not start: it took .* 20 MB is what it may \(--memory-limit\)/);
});
