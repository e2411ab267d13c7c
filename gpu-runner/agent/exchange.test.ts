import { expect, test } from 'vitest';
import type { CallbackKind, CallbacksBody } from '../../contract/runner/callbacks.ts';
import type { Grant } from '../../contract/runner/claim.ts';
import { systemClock } from './clock.ts';
import type { EdgeApi } from './edge-api.ts';
import { EdgeRefusal } from './edge-error.ts';
import { Exchange } from './exchange.ts';
import { makeLog } from './log.ts';
import type { Registration } from './registration.ts';
import { Work } from './work.ts';

const grant: Grant = {
  ...{ item_id: 1, fence: 1, token: 't', session_id: 's', batch_id: 'b', user_id: 'u' },
  ...{ values: [], results: [], max_run_seconds: null, max_node_seconds: null, traceparent: null },
};

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

test('a report that the queue refuses costs its item nothing', async () => {
  const ending = new AbortController();
  const parts = { clock: systemClock, log: makeLog('text', 'fatal'), ending: ending.signal };
  const work = new Work(parts);
  const taken: string[] = [];
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const api = {
    claim: ({ claim }: { claim: number }) => Promise.resolve({ claim, grants: [], batches: [] }),
    async callbacks(body: string) {
      const { entries, claim } = JSON.parse(body) as CallbacksBody;
      if (entries.some(({ kind }) => kind === 'session_report')) throw new EdgeRefusal(422, null);
      taken.push(...entries.map(({ kind }) => kind));
      if (taken.at(-1) === 'session_complete') end();
      const answers = entries.map(() => ({ answer: 'recorded' }));
      return { answers, ...(claim ? { claim: { claim: claim.claim, grants: [], batches: [] } } : {}) };
    },
  } as unknown as EdgeApi;
  let claims = 0;
  const registration = {
    identity: { runner_id: 'r', epoch: 1 },
    nextClaim: () => ++claims,
    claimAnswered: () => undefined,
  } as unknown as Registration;
  const exchange = new Exchange({
    ...{ ...parts, api, work, registration },
    ...{ uploadBytes: () => 0, loadedModels: () => [], isWatched: () => true },
  });
  work.deviceReady(0, { name: 'cpu', post: () => {}, kill: () => {} });
  work.granted({ claim: 1, grants: [grant], batches: [] });
  const say = (entry: CallbackKind, stats?: string) =>
    work.entry({ kind: 'entry', ticket: 1, entry, json: JSON.stringify({ kind: entry }), ...(stats ? { stats } : {}) });
  say('session_started');
  say('session_complete', '{"graph_stats":null}');
  void exchange.run();
  await ended;
  expect(taken).toEqual(['session_started', 'session_complete']);
  ending.abort();
});
