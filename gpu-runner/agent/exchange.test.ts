import { expect, test } from 'vitest';
import type { Grant } from '../../contract/runner/claim.ts';
import { systemClock } from './clock.ts';
import type { EdgeApi } from './edge-api.ts';
import { Exchange } from './exchange.ts';
import { makeLog } from './log.ts';
import type { Registration } from './registration.ts';
import { Work } from './work.ts';

test('grants that arrive after their registration ended are nobody’s, and their claim counts for nothing', async () => {
  const ending = new AbortController();
  const parts = { clock: systemClock, log: makeLog('text', 'error'), ending: ending.signal };
  const work = new Work(parts);
  let epoch = 1;
  let claims = 56;
  const answered: number[] = [];
  const registration = {
    get identity() {
      return { runner_id: 'r', epoch };
    },
    nextClaim: () => ++claims,
    claimAnswered: (claim: number) => answered.push(claim),
  } as unknown as Registration;
  const grant: Grant = {
    ...{ item_id: 1, fence: 1, token: 't', session_id: 's', batch_id: 'b', user_id: 'u' },
    ...{ values: [], results: [], max_run_seconds: null, max_node_seconds: null, traceparent: null },
  };
  const asked: number[] = [];
  const { promise: second, resolve: askedAgain } = Promise.withResolvers<void>();
  const api = {
    async claim({ claim }: { claim: number }) {
      asked.push(claim);
      if (asked.length === 2) {
        askedAgain();
        await new Promise(() => {});
      }
      // A heartbeat found the registration over, and made a new one, while this answer was under way.
      epoch = 2;
      claims = 0;
      return { claim, grants: [grant], batches: [] };
    },
  } as unknown as EdgeApi;
  work.deviceReady(0, { name: 'cpu', post: () => {}, kill: () => {} });
  const exchange = new Exchange({
    ...parts,
    api,
    work,
    registration,
    uploadBytes: () => 0,
    loadedModels: () => [],
    isWatched: () => true,
  });
  void exchange.run();
  await second;
  expect(asked).toEqual([57, 1]);
  expect(answered).toEqual([]);
  expect(work.leases()).toEqual([]);
  ending.abort();
});
