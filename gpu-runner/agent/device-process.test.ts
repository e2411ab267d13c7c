import { expect, test } from 'vitest';
import type { FromDevice } from '../device/messages.ts';
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
