import { expect, test } from 'vitest';
import type { HeartbeatBody } from '../../contract/runner/heartbeat.ts';
import type { EdgeApi } from './edge-api.ts';
import { Heartbeat } from './heartbeat.ts';
import { makeLog } from './log.ts';
import type { Registration } from './registration.ts';
import { HandClock, settled } from './testing/hand-clock.ts';
import { Work } from './work.ts';

test('a time of day that is set back while the pace changes delays no beat', async () => {
  const clock = new HandClock();
  const ending = new AbortController();
  const parts = { clock, log: makeLog('text', 'error'), ending: ending.signal };
  const work = new Work(parts);
  const beats: number[] = [];
  const api = {
    async heartbeat({ held }: HeartbeatBody) {
      beats.push(held.length);
      return { canceled: [], gone: [], claimable: false, drain: false };
    },
  } as unknown as EdgeApi;
  const registration = {
    identity: { runner_id: 'r', epoch: 1 },
    current: { heartbeat_seconds: 10, idle_heartbeat_seconds: 60, timeout_seconds: 30 },
    lastAnsweredClaim: 0,
    told: () => {},
  } as unknown as Registration;
  const heartbeat = new Heartbeat({
    ...{ ...parts, api, work, registration },
    exchange: { announced: () => {} },
    onDrain: () => {},
    isConnected: () => true,
  });
  const running = heartbeat.run();
  clock.jump(-3_600_000);
  const grant = {
    ...{ item_id: 1, fence: 1, token: 't', session_id: 's', batch_id: 'b', user_id: 'u' },
    ...{ values: [], results: [], max_run_seconds: null, max_node_seconds: null, traceparent: null },
  };
  work.granted({ claim: 1, grants: [grant], batches: [] });
  await settled();
  await clock.pass(10_000);
  expect(beats).toEqual([1]);
  ending.abort();
  await running;
});
